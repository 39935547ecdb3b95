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


_GOOD_PROMPTS = (Key.HELP_PROMPTS, Key.HELP_EXAMPLE_FOX, Key.HELP_EXAMPLE_ROBOT)


def help_text(reader: Reader, *, improves: bool = False) -> str:
    """Ten lines, with the commands to click, and what a good prompt is; `improves`: prompts are improved on request."""
    good = (*_GOOD_PROMPTS, Key.HELP_IMPROVE) if improves else _GOOD_PROMPTS
    return "\n".join(say(key, reader) for key in (*_LINES, *good))


def welcome_text(reader: Reader) -> str:
    """The ten lines after a greeting, and how to read more."""
    return "\n".join(say(key, reader) for key in (Key.WELCOME, *_LINES, Key.WELCOME_HELP))
