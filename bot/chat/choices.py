"""The names of choices and options in slash commands and forms. Discord renders no markup in them. Pure."""

from bot.chat.escape import clip
from bot.chat.words import Key, Reader, say
from bot.jobs.model import VideoRequest
from bot.jobs.offered_models import OptionValue

CHOICES_MAX = 25
_NAME_MAX = 100


def model_name(model: str, reader: Reader, *, default: bool = False) -> str:
    """A model; `default` if it is used when none is chosen."""
    return clip(say(Key.CHOICE_MODEL_DEFAULT, reader, model=model) if default else model, _NAME_MAX)


def option_texts(request: VideoRequest, reader: Reader) -> list[str]:
    """The further options of a request: `seed: 7`, `sound: on`."""
    return [f"{name}: {_value_text(value, reader)}" for name, value in request.options]


def _value_text(value: OptionValue, reader: Reader) -> str:
    if isinstance(value, bool):
        return say(Key.OPTION_ON if value else Key.OPTION_OFF, reader)
    return str(value)


def size_name(size: str, reader: Reader) -> str:
    """A size and its shape: `1280x720 (landscape)`."""
    width, _, height = size.partition("x")
    if int(width) == int(height):
        return say(Key.CHOICE_SQUARE, reader, size=size)
    return say(Key.CHOICE_LANDSCAPE if int(width) > int(height) else Key.CHOICE_PORTRAIT, reader, size=size)


def length_name(seconds: str, reader: Reader) -> str:
    """A length: `8 s`."""
    return say(Key.LENGTH_SECONDS, reader, seconds=int(seconds)) if seconds.isdecimal() else f"{seconds} s"
