"""Who reads English, for tests that look at what the bot says."""

from bot.chat.words import Readers, read_languages

READERS = Readers(read_languages())
ENGLISH = READERS.of("en")
