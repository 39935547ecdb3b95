"""Discord's checks of a command that is synced (docs/facts/discord.md, "Commands")."""

import re

from sandbox.chat.errors import ApiError, bad_field, too_long
from sandbox.chat.records import Json, part_of, parts_of

_NAME = re.compile(r"[-_'\w]{1,32}")
_SLASH, _SUBCOMMAND, _GROUP = 1, 1, 2
_TEXT, _INTEGER, _CHANNEL, _NUMBER, _LAST = 3, 4, 7, 10, 11
_CHOOSABLE = frozenset({_TEXT, _INTEGER, _NUMBER})
_OPTIONS_MAX = 25
_TEXT_MAX = 6000
_COUNTS = {_SLASH: 100, 2: 15, 3: 15}


def check_command(body: Json) -> None:
    """A slash command with all its options, or a command of a menu; raises `ApiError` 50035."""
    name = str(body.get("name") or "")
    if int(body.get("type") or _SLASH) == _SLASH:
        _check_named(body, "command")
        _check_options(parts_of(body, "options"), name, depth=0)
    elif not 1 <= len(name) <= 32:
        raise bad_field("name", "Must be between 1 and 32 in length.", "BASE_TYPE_BAD_LENGTH")


def check_count(commands: list[Json]) -> None:
    """The number of commands of a kind in one place, each name once; raises `ApiError` 30032 or 50035."""
    names = [(int(one["type"]), one["name"]) for one in commands]
    if len(set(names)) != len(names):
        sentence = "Application command names must be unique"
        raise bad_field("name", sentence, "APPLICATION_COMMANDS_DUPLICATE_NAME")
    for kind, limit in _COUNTS.items():
        if sum(one == kind for one, _ in names) > limit:
            raise ApiError(30032)


def _check_named(one: Json, path: str) -> None:
    names = [str(one.get("name") or ""), *part_of(one, "name_localizations").values()]
    for name in names:
        if not _NAME.fullmatch(name) or name != name.lower():
            raise bad_field(f"{path}.name", f"Command name is invalid: {name}", "APPLICATION_COMMAND_INVALID_NAME")
    for text in (str(one.get("description") or ""), *part_of(one, "description_localizations").values()):
        if not 1 <= len(text) <= 100:
            raise bad_field(f"{path}.description", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")


def _check_options(options: list[Json], path: str, *, depth: int) -> None:
    if len(options) > _OPTIONS_MAX:
        raise too_long(f"{path}.options", _OPTIONS_MAX)
    names = [one.get("name") for one in options]
    if len(set(names)) != len(names):
        raise bad_field(f"{path}.options", "Option name already used", "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_USED")
    branches = [one.get("type") in (_SUBCOMMAND, _GROUP) for one in options]
    if any(branches) and not all(branches):
        raise bad_field(f"{path}.options", "Sub-command and options are mutually exclusive")
    optional_seen = False
    for option in options:
        here = f"{path}.{option.get('name')}"
        kind = int(option.get("type") or 0)
        _check_named(option, here)
        if not 1 <= kind <= _LAST or (kind == _GROUP and depth > 0) or (kind == _SUBCOMMAND and depth > 1):
            raise bad_field(f"{here}.type", "This option type cannot stand here.")
        if kind in (_SUBCOMMAND, _GROUP):
            _check_options(parts_of(option, "options"), here, depth=depth + 1 if kind == _GROUP else 2)
            continue
        if option.get("required") and optional_seen:
            sentence = "Required options must be placed before non-required options"
            raise bad_field(here, sentence, "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID")
        optional_seen = optional_seen or not option.get("required")
        _check_values(option, kind, here)


def _check_values(option: Json, kind: int, path: str) -> None:
    choices: list[Json] = parts_of(option, "choices")
    if len(choices) > _OPTIONS_MAX:
        raise too_long(f"{path}.choices", _OPTIONS_MAX)
    if (choices or option.get("autocomplete")) and kind not in _CHOOSABLE:
        raise bad_field(f"{path}.choices", "Options of this type have no choices.")
    if choices and option.get("autocomplete"):
        sentence = "Options with autocomplete cannot have choices"
        raise bad_field(path, sentence, "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE")
    for choice in choices:
        if not 1 <= len(str(choice.get("name") or "")) <= 100:
            raise bad_field(f"{path}.choices", "Must be between 1 and 100 in length.", "BASE_TYPE_BAD_LENGTH")
        check_value(kind, choice.get("value"), f"{path}.choices")
    for low, high in (("min_value", "max_value"), ("min_length", "max_length")):
        least, most = option.get(low), option.get(high)
        if least is not None and most is not None and least > most:
            raise bad_field(f"{path}.{low}", f"Must not be above {high}.")
    if not 0 <= (option.get("min_length") or 0) <= _TEXT_MAX or not 1 <= (option.get("max_length") or 1) <= _TEXT_MAX:
        raise bad_field(f"{path}.max_length", f"Must be between 1 and {_TEXT_MAX}.")
    if option.get("channel_types") and kind != _CHANNEL:
        raise bad_field(f"{path}.channel_types", "Only options for channels have channel types.")


def check_value(kind: int, value: object, path: str) -> None:
    """A choice's value is of the option's own type; raises `ApiError` 50035."""
    if kind == _TEXT:
        good = isinstance(value, str) and len(value) <= 100
    else:
        good = isinstance(value, int if kind == _INTEGER else int | float) and not isinstance(value, bool)
    if not good:
        raise bad_field(path, f"Could not interpret {value!r} as a value of this option.", "CHOICE_TYPE_CONVERT")
