"""What the bot says: words, cards, lists, forms, and the carrying of messages. It must not know the provider."""
