"""What the bot does, in ten lines: the answer to `/help`, and the first message in a new server. Pure."""

from bot.chat.words import Key, Reader, say

_LINES = (
    Key.HELP_VIDEO,
    Key.HELP_PICTURES,
    Key.HELP_REPLY,
    Key.HELP_REMIX,
    Key.HELP_MENUS,
    Key.HELP_BUTTONS,
    Key.HELP_CANCEL,
    Key.HELP_STATUS,
    Key.HELP_HISTORY,
    Key.HELP_CHARGE,
)


def help_text(reader: Reader) -> str:
    """Ten lines, with the commands to click."""
    return "\n".join(say(key, reader) for key in _LINES)


def welcome_text(reader: Reader) -> str:
    """The same after a greeting, and how to read it again."""
    return "\n".join((say(Key.WELCOME, reader), help_text(reader), say(Key.WELCOME_HELP, reader)))
