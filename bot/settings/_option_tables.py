"""The options of a model in a providers file: `[models.NAME.options.NAME]`."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, get_args

from bot.jobs.offered_models import Option, OptionType, OptionValue
from bot.settings._judges import LINE_ALLOWED, decimal, flag, line, matching, one_of, whole
from bot.settings._kinds import FIELD_PATTERN
from bot.settings._tables import Findings, Table

# The options of one command that the bot's own leave free (docs/facts/discord.md, "Commands").
OPTIONS_MAX = 11
_COMMON = frozenset({"type", "wire", "description", "price_factor", "default"})
_OF_TYPE: Mapping[OptionType, frozenset[str]] = {
    "choice": frozenset({"choices"}),
    "integer": frozenset({"minimum", "maximum"}),
    "switch": frozenset(),
    "text": frozenset({"max_length"}),
}
_NAMES = _COMMON.union(*_OF_TYPE.values())
_NAME = re.compile(r"(?=.*[^\W_])[\w-]{1,32}")
_NAME_ALLOWED = "1 to 32 small letters, digits, - and _, of one alphabet"
_TAKEN = re.compile(r"prompt|model|size|seconds|reference.*|private|last_picture|loop|improve|count|video")
_VIDEOS = "(?:video|clip|output|sample|image|generation|variant|variation|result|completion|candidate|response)s?"
# Fields that no member may choose, without signs and in small letters: how many videos are paid for, and where messages
# of the provider go.
_HOW_MANY = re.compile(
    rf"(?:n|nr|no|num|number|count|quantity)(?:of)?(?:{_VIDEOS})?|(?:{_VIDEOS}|batch)(?:n|num|number|count|quantity)|"
    r"(?:batch|sample)(?:es|size)?|(?:sample|variant|variation|generation|candidate)s"
)
_WHERE_TO = re.compile(r".*(?:callback|webhook).*|hook.*|notif(?:y|ication).*")
_CHOICES_MAX = 100
_TEXT_MAX_CHARACTERS = 1000
_CHOICE_MAX_CHARACTERS = 100
# Discord's numbers are exact up to there.
_INTEGER_MAX = 2**53
_INTEGER = whole(-_INTEGER_MAX, _INTEGER_MAX)
_INTEGER_ALLOWED = "a whole number of at most 2**53"


def read_options(model: Table, findings: Findings) -> tuple[Option, ...]:
    """The right options of a model, in their order."""
    options: list[Option] = []
    for name, path, table in model.tables("options", OPTIONS_MAX, "fit into a command"):
        if not _NAME.fullmatch(name) or name != name.lower() or not _is_plain(name):
            findings.add(f"{path}: the name of an option must have {_NAME_ALLOWED}.")
        elif _TAKEN.fullmatch(name):
            findings.add(f"{path}: the commands of the bot have an option of that name.")
        option = _read_option(name, Table(table, path, findings, _NAMES), findings)
        if option is None:
            continue
        if any(option.wire == other.wire for other in options):
            findings.add(f"{path}.wire is wrong: another option of the model is sent as {findings.show(option.wire)}.")
        options.append(option)
    return tuple(options)


def _is_plain(name: str) -> bool:
    """Whether the name looks like no other one: in one width, and Latin letters not among those of other alphabets."""
    alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in name if letter.isalpha()}
    return name == unicodedata.normalize("NFKC", name) and ("LATIN" not in alphabets or len(alphabets) == 1)


def judge_over_models(options: Mapping[str, tuple[Option, ...]], findings: Findings) -> None:
    """One slash option serves all models, so its type is the same everywhere; `options` by the path of the model."""
    types: dict[str, tuple[OptionType, str]] = {}
    for path, those in options.items():
        for option in those:
            here = f"{path}.options.{findings.name(option.name)}"
            known, where = types.setdefault(option.name, (option.type, here))
            if known != option.type:
                findings.add(f"{here}.type is wrong: it is {option.type}, and at {where} it is {known}.")
    if len(types) > OPTIONS_MAX:
        findings.add(f"models have {len(types)} different options, and at most {OPTIONS_MAX} fit into a command.")


def _read_option(name: str, table: Table, findings: Findings) -> Option | None:
    kind = table.need("type", one_of(get_args(OptionType)), "choice, integer, switch or text")
    wire = table.need("wire", matching(FIELD_PATTERN), "the provider's name of a field, such as negative_prompt")
    description = table.need("description", line(100), LINE_ALLOWED.format(100))
    factor = table.read("price_factor", _factor, 'a number above 0 as a text, such as "1.5"', Decimal(1))
    if wire is not None and (why := _forbidden(wire)):
        findings.add(f"{table.at('wire')} is wrong: {findings.show(wire)} can't be an option, since {why}.")
    if kind is None:
        return None
    for other in sorted(_NAMES - _COMMON - _OF_TYPE[kind]):
        if table.has(other):
            findings.add(f"{table.at(other)} is wrong: an option of the type {kind} has no {other}.")
    made = _of_type(kind, table, findings)
    if wire is None or description is None:
        return None
    return Option(name, kind, wire, description, price_factor=factor, **made)


def _forbidden(wire: str) -> str | None:
    """Why no member may choose that field of the provider, however it is written; None if they may."""
    plain = re.sub(r"[^a-z0-9]", "", wire.rpartition(".")[2].lower())
    if _HOW_MANY.fullmatch(plain):
        return "one request is one video"
    return "the bot gets no messages of a provider" if _WHERE_TO.fullmatch(plain) else None


def _of_type(kind: OptionType, table: Table, findings: Findings) -> dict[str, Any]:
    """What only options of that type have, and the default."""
    match kind:
        case "choice":
            entry = line(_CHOICE_MAX_CHARACTERS)
            choices = table.each("choices", entry, LINE_ALLOWED.format(_CHOICE_MAX_CHARACTERS), _CHOICES_MAX)
            # With a mistake in the choices, the default isn't one more.
            judge = one_of(choices) if choices else entry
            return {"choices": choices, "default": _default(table, judge, "one of the choices")}
        case "integer":
            low = table.read("minimum", _INTEGER, _INTEGER_ALLOWED, None)
            high = table.read("maximum", _INTEGER, _INTEGER_ALLOWED, None)
            if low is not None and high is not None and low > high:
                findings.add(f"{table.at('minimum')} is wrong: it is {low}, above the maximum of {high}.")
                low = high = None
            bounds = (-_INTEGER_MAX if low is None else low, _INTEGER_MAX if high is None else high)
            default = _default(table, whole(*bounds), f"a whole number from {bounds[0]} to {bounds[1]}")
            return {"minimum": low, "maximum": high, "default": default}
        case "switch":
            return {"default": _default(table, flag, "true or false")}
        case "text":
            most = table.read(
                "max_length", whole(1, _TEXT_MAX_CHARACTERS), f"a whole number from 1 to {_TEXT_MAX_CHARACTERS}",
                _TEXT_MAX_CHARACTERS,
            )  # fmt: skip
            default = _default(table, line(most), LINE_ALLOWED.format(most))
            return {"max_length": most, "default": default}


def _default(table: Table, judge: Any, allowed: str) -> OptionValue | None:
    return table.read("default", judge, allowed, None)


def _factor(value: object) -> Decimal:
    found = decimal(value)
    if not found:
        raise ValueError("free")
    return found
