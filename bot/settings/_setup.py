"""The providers and the offered models, from a providers file or from the `VIDEOS_` settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.jobs.model import REFERENCES_MAX
from bot.jobs.offered_models import OfferedModel, Route
from bot.videos.provider_setup import Abilities, ProviderSetup

NAME_OF_SETTINGS = "main"
KEY_OF_SETTINGS = "env:VIDEOS_API_KEY"
# The bot has always asked for both; a provider that lacks one refuses.
ABILITIES_OF_SETTINGS = Abilities(remix=True, list=True)


@dataclass(frozen=True, slots=True)
class Setup:
    """At least one of both. The first model is the default; `providers` may have some that no model uses.

    `key_sources` has where the key of each provider comes from, as a providers file names it, by the provider's name.
    """

    providers: tuple[ProviderSetup, ...]
    models: tuple[OfferedModel, ...]
    key_sources: Mapping[str, str] = field(default_factory=dict[str, str], compare=False)


def alike(provider: ProviderSetup, names: Sequence[str], sizes: tuple[str, ...], seconds: tuple[str, ...]) -> Setup:
    """One provider whose models all take the same sizes, lengths and pictures."""
    routes = {name: (Route(provider.name, name),) for name in names}
    models = (OfferedModel(name, name, routes[name], sizes, seconds, REFERENCES_MAX) for name in names)
    return Setup((provider,), tuple(models), {provider.name: KEY_OF_SETTINGS})
