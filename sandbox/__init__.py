"""A local stand-in for Discord and for the Videos API: the whole bot without a token, a key or a network."""
