"""The Discord edge: sentences, cards, lists, forms, and the courier that sends messages."""
