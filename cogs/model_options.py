"""The options of `/video` and `/remix` that depend on the offered models: the model, and what it makes.

An option has fixed choices if they are the same for all models, and no more than Discord shows; otherwise those of the
chosen model are suggested while the person types. Either way the request is judged again when it is sent.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import app_commands

from bot.chat.choices import CHOICES_MAX, length_name, model_name, size_name
from bot.chat.command_texts import ChoiceName, choices
from bot.chat.words import Reader
from bot.engine.services import Services
from bot.jobs.catalogue import Catalogue
from bot.jobs.offered_models import OfferedModel
from cogs.facts import reader_of

Suggest = Callable[[discord.Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]
Callback = Callable[..., Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class _Choosable:
    """An option, its values with a model, and the names that are shown for them."""

    option: str
    values_of: Callable[[OfferedModel], tuple[str, ...]]
    name_of: ChoiceName


def offering_models(services: Services, *, inherits: bool = False) -> Callable[[Callback], Callback]:
    """A decorator for the callback of a command: the choices of its options model, size and seconds.

    `inherits`: without a model it is that of a video, otherwise the first one.
    """
    catalogue = services.catalogue
    default = None if inherits else catalogue.default.name

    def name_of_model(name: str, reader: Reader) -> str:
        return model_name(reader.model_label(name), reader, default=name == default)

    choosable = (
        _Choosable("model", lambda _: catalogue.names, name_of_model),
        _Choosable("size", lambda model: model.sizes, size_name),
        _Choosable("seconds", lambda model: model.seconds, length_name),
    )
    fixed = {one.option: values for one in choosable if (values := fixed_choices(catalogue, one.values_of))}
    suggested = {one.option: _suggest(services, one, inherits=inherits) for one in choosable if one.option not in fixed}

    def offer(callback: Callback) -> Callback:
        shown = {
            one.option: choices(fixed[one.option], one.name_of, services.readers)
            for one in choosable
            if one.option in fixed
        }
        return app_commands.autocomplete(**suggested)(app_commands.choices(**shown)(callback))

    return offer


def fixed_choices(catalogue: Catalogue, values_of: Callable[[OfferedModel], tuple[str, ...]]) -> Sequence[str]:
    """The values that every model has, in the same order; none if they differ, or are too many to be shown at once."""
    first = values_of(catalogue.default)
    same = all(values_of(model) == first for model in catalogue.models)
    return first if same and len(first) <= CHOICES_MAX else ()


def _suggest(services: Services, choosable: _Choosable, *, inherits: bool) -> Suggest:
    """An autocomplete callback with the values of the model that is chosen in the same command."""
    catalogue = services.catalogue

    async def suggest(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
        chosen: object = interaction.namespace.model
        model = catalogue.find(catalogue.named(chosen)) if isinstance(chosen, str) and chosen else None
        models = (model,) if model else catalogue.models if inherits else (catalogue.default,)
        values = dict.fromkeys(value for one in models for value in choosable.values_of(one))
        reader = reader_of(interaction)
        names = [(value, choosable.name_of(value, reader)) for value in values]
        wanted = typed.strip().casefold()
        found = [app_commands.Choice(name=name, value=value) for value, name in names if wanted in name.casefold()]
        return found[:CHOICES_MAX]

    return suggest
