"""Several studios as the providers of one bot, and the providers file that says so."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from bot.videos.provider_setup import Abilities
from sandbox.studio import Dials, Studio, StudioDialect

OFFERED = "clip-1"
_NO_ABILITIES = Abilities()
_SIZES = ("1280x720", "720x1280")
_SECONDS = (4, 8)


@dataclass(frozen=True, slots=True)
class StudioPlan:
    """A studio to be: what it speaks, how it behaves, and what the providers file says that it can do."""

    dialect: StudioDialect = "openai"
    dials: Dials | None = None
    abilities: Abilities = _NO_ABILITIES


def key_name(provider: str) -> str:
    """The environment variable with the provider's key."""
    return f"{provider.upper().replace('-', '_')}_API_KEY"


def provider_tables(studios: Mapping[str, Studio], plans: Mapping[str, StudioPlan]) -> str:
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
            *(f"{ability} = true" for ability in can),
            "",
        ]
    return "\n".join(tables)


def model_table(studios: Mapping[str, Studio], sizes: Sequence[str] = _SIZES, seconds: Sequence[int] = _SECONDS) -> str:
    """One model, `OFFERED`, that all of the studios have, each under the first of its own names, as TOML."""
    routes = [
        f"{{ provider = {json.dumps(name)}, model = {json.dumps(studio.dials.models[0])} }}"
        for name, studio in studios.items()
    ]
    lines = [
        f"[models.{OFFERED}]",
        'label = "Clip 1"',
        f"providers = [{', '.join(routes)}]",
        f"sizes = {json.dumps(list(sizes))}",
        f"seconds = {json.dumps(list(seconds))}",
        "references = 4",
        "",
    ]
    return "\n".join(lines)
