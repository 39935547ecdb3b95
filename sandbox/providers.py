"""Several studios as the providers of one bot, and the providers file that says so."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields

from bot.jobs.offered_models import FitMode
from bot.videos.provider_setup import Abilities
from sandbox.studio import Dials, ModelCard, Studio, StudioDialect

OFFERED = "clip-1"
_NO_ABILITIES = Abilities()
_SECONDS = (4, 8)


@dataclass(frozen=True, slots=True)
class StudioPlan:
    """A studio to be: what it speaks, how it behaves, and what the providers file says that it can do.

    Without a `reference_fit` the file says what the setting of that name does elsewhere.
    """

    dialect: StudioDialect = "openai"
    dials: Dials | None = None
    abilities: Abilities = _NO_ABILITIES
    reference_fit: FitMode | None = None


def key_name(provider: str) -> str:
    """The environment variable with the provider's key."""
    return f"{provider.upper().replace('-', '_')}_API_KEY"


def provider_tables(studios: Mapping[str, Studio], plans: Mapping[str, StudioPlan], reference_fit: str) -> str:
    """The part of a providers file about the providers, as TOML."""
    tables: list[str] = []
    for name, studio in studios.items():
        plan = plans[name]
        can = [field.name for field in fields(Abilities) if getattr(plan.abilities, field.name)]
        tables += [
            f"[providers.{name}]",
            f"base_url = {json.dumps(studio.base_url)}",
            f'api_key = "env:{key_name(name)}"',
            f'dialect = "{plan.dialect}"',
            f'reference_fit = "{plan.reference_fit or reference_fit}"',
            *(f"{ability} = true" for ability in can),
            "",
        ]
    return "\n".join(tables)


def model_table(studios: Mapping[str, Studio], more: str = "") -> str:
    """One model, `OFFERED`, that all of the studios have, each under the first of its own names, as TOML.

    `more` are further lines of the model, and tables.
    """
    cards = [card for studio in studios.values() for card in studio.dials.cards.values()]
    sizes = cards[0].sizes if cards else ModelCard().sizes
    routes = [
        f"{{ provider = {json.dumps(name)}, model = {json.dumps(studio.dials.models[0])} }}"
        for name, studio in studios.items()
    ]
    lines = [
        f"[models.{OFFERED}]",
        'label = "Clip 1"',
        f"providers = [{', '.join(routes)}]",
        f"sizes = {json.dumps(list(sizes))}",
        f"seconds = {json.dumps(list(_SECONDS))}",
        "references = 4",
        more,
        "",
    ]
    return "\n".join(lines)
