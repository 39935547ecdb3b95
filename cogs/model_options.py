"""The options of `/video` and `/remix` that depend on the offered models: the model, what it makes, its own options.

An option has fixed choices if they are the same for all models and fit into the command; otherwise those of the chosen
model are suggested while the person types. Either way the request is judged again when it is sent.
"""

import inspect
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import discord
from discord import app_commands

from bot.chat.choices import CHOICES_MAX, length_name, model_name, size_name
from bot.chat.command_texts import ChoiceName, choices
from bot.chat.unseen import count_seen
from bot.chat.words import Reader
from bot.engine.services import Services
from bot.jobs.catalogue import Catalogue
from bot.jobs.offered_models import OfferedModel, Option, OptionValue
from bot.jobs.option_values import Chosen, chosen_options
from cogs.facts import asker_of, reader_of, sight_by

# Of the 8,000 characters of a command (docs/facts/discord.md, "Commands"); the rest is for names and descriptions.
CHOICES_CHARACTERS_MAX = 4_000
# Discord's numbers are exact up to there.
_INTEGER_MAX = 2**53
# For type checkers it is a type, which can't be made of values.
_RANGE = cast("Any", app_commands.Range)
Suggest = Callable[[discord.Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]
Callback = Callable[..., Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class _Choosable:
    """An option of the command, its values with a model, and the names that are shown for them."""

    parameter: str
    values_of: Callable[[OfferedModel], tuple[str, ...]]
    name_of: ChoiceName


def offering_models(services: Services, *, inherits: bool = False) -> Callable[[Callback], Callback]:
    """A decorator for the callback of a command: choices of its model, size and length, and the models' own options.

    `inherits`: without a model it is that of a video, otherwise the first one. The callback takes the own options as
    `**chosen`, for `chosen_of`.
    """
    catalogue = services.catalogue
    default = None if inherits else catalogue.default.name

    def name_of_model(name: str, reader: Reader) -> str:
        return model_name(reader.model_label(name), reader, default=name == default)

    choosable = [
        _Choosable("model", lambda _: catalogue.names, name_of_model),
        _Choosable("size", lambda model: model.sizes, size_name),
        _Choosable("seconds", lambda model: model.seconds, length_name),
    ]
    own = _parameters(catalogue)
    choosable += [
        _Choosable(parameter, _choices_of(option.name), lambda value, _: value)
        for parameter, option in own.items()
        if option.type == "choice"
    ]
    fixed = _fixed(catalogue, choosable)
    shown = {
        one.parameter: choices(fixed[one.parameter], one.name_of, services.readers)
        for one in choosable
        if one.parameter in fixed
    }
    suggested = {
        one.parameter: _suggest(services, one, inherits=inherits) for one in choosable if one.parameter not in fixed
    }

    def offer(callback: Callback) -> Callback:
        _sign(callback, own, left_out(services))
        for decorate in (
            app_commands.rename(**{parameter: option.name for parameter, option in own.items()}),
            app_commands.describe(**{parameter: option.description for parameter, option in own.items()}),
            app_commands.choices(**shown),
            app_commands.autocomplete(**suggested),
        ):
            callback = decorate(callback)
        return callback

    return offer


def chosen_of(services: Services, chosen: Mapping[str, object]) -> Chosen:
    """The values of the models' own options, from what the callback got; not a text without a character to see."""
    own = _parameters(services.catalogue)
    seen = {name: value for name, value in chosen.items() if not isinstance(value, str) or count_seen(value)}
    return chosen_options({own[name].name: cast("OptionValue | None", value) for name, value in seen.items()})


def _parameters(catalogue: Catalogue) -> dict[str, Option]:
    """The models' own options by the parameters of the callback; their names may be none of Python's."""
    return {f"option_{number}": option for number, option in enumerate(catalogue.options)}


def left_out(services: Services) -> frozenset[str]:
    """The options that a command doesn't have with these settings."""
    improving = frozenset[str]() if services.improving.is_offered else frozenset({"improve"})
    return improving if services.catalogue.has_frames else improving | {"last_picture", "loop"}


def _sign(callback: Callback, own: Mapping[str, Option], without: frozenset[str]) -> None:
    """Give the callback a parameter for each option instead of its `**chosen`: discord.py reads its signature.

    Its keyword-only parameters are the command's last options.
    """
    signature = inspect.signature(callback)
    given = [one for one in signature.parameters.values() if one.name not in without]
    first = [one for one in given if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    last = [one for one in given if one.kind is inspect.Parameter.KEYWORD_ONLY]
    added = [
        inspect.Parameter(
            parameter, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=_annotation(option)
        )
        for parameter, option in own.items()
    ]
    cast("Any", callback).__signature__ = signature.replace(parameters=[*first, *added, *last])


def _annotation(option: Option) -> Any:
    match option.type:
        case "integer":
            low = -_INTEGER_MAX if option.minimum is None else option.minimum
            high = _INTEGER_MAX if option.maximum is None else option.maximum
            return _RANGE[int, low, high] | None
        case "text" if option.max_length is not None:
            return _RANGE[str, 1, option.max_length] | None
        case "switch":
            return bool | None
        case _:
            return str | None


def _choices_of(name: str) -> Callable[[OfferedModel], tuple[str, ...]]:
    return lambda model: next((option.choices for option in model.options if option.name == name), ())


def _fixed(catalogue: Catalogue, choosable: Sequence[_Choosable]) -> dict[str, tuple[str, ...]]:
    """The values of those options that all models with the option share, as far as they fit into a command."""
    fixed: dict[str, tuple[str, ...]] = {}
    left = CHOICES_CHARACTERS_MAX
    for one in choosable:
        offered = [values for model in catalogue.models if (values := one.values_of(model))]
        needed = 2 * sum(map(len, offered[0]))
        if all(values == offered[0] for values in offered) and len(offered[0]) <= CHOICES_MAX and needed <= left:
            fixed[one.parameter] = offered[0]
            left -= needed
    return fixed


async def _inherited(services: Services, interaction: discord.Interaction) -> OfferedModel | None:
    """The model of the video that the command would change; None if it is unknown, or not offered any more."""
    video: object = interaction.namespace.video
    text = video if isinstance(video, str) else None
    name = await services.lookup.find_model_to_remix(text, asker_of(interaction), sight_by(interaction, fetches=False))
    return None if name is None else services.catalogue.find(name)


def _suggest(services: Services, choosable: _Choosable, *, inherits: bool) -> Suggest:
    """An autocomplete callback with the values of the model that is chosen in the same command, or inherited."""
    catalogue = services.catalogue

    async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        chosen: object = interaction.namespace.model
        model = catalogue.find(catalogue.named(chosen)) if isinstance(chosen, str) and chosen else None
        if model is None:
            model = await _inherited(services, interaction) if inherits else catalogue.default
        # Before a model with the option is chosen, all values are shown.
        values = choosable.values_of(model) if model else ()
        values = values or tuple(dict.fromkeys(value for one in catalogue.models for value in choosable.values_of(one)))
        reader, wanted = reader_of(interaction), typed.strip().casefold()
        found = [(value, name) for value in values if wanted in (name := choosable.name_of(value, reader)).casefold()]
        return [app_commands.Choice(name=name, value=value) for value, name in found[:CHOICES_MAX]]

    return suggest
