"""The providers that are set up, and which of them make a model's videos."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bot.jobs.model import VideoRequest
from bot.jobs.offered_models import FitMode, OfferedModel
from bot.videos.client import VideosClient
from bot.videos.provider_setup import Abilities, ProviderSetup
from bot.videos.sendable import judge_needs, needs_of_request

# What the settings without a providers file mean.
_EVERYTHING_OF_OPENAI = Abilities(remix=True, list=True)


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, with one key. `id` is stored with its jobs; `name` may be shown to people."""

    id: str
    name: str
    client: VideosClient
    abilities: Abilities = _EVERYTHING_OF_OPENAI
    retry_server_errors: int = 2
    reference_fit: FitMode = "cover"

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids under which its jobs may be stored: that of a time when its address had two keys, too."""
        return (self.id,) if self.id.endswith(f"#{self.name}") else (self.id, f"{self.id}#{self.name}")


class ProviderRoute(NamedTuple):
    """A provider that makes a model's videos, and its name for the model; None where that is left out."""

    provider: Provider
    model: str | None


class Providers:
    """All providers, in the order of the settings."""

    def __init__(self, providers: Sequence[Provider], models: Iterable[OfferedModel] = ()) -> None:
        """Without `models` every provider makes those of any name. Raises ValueError without providers."""
        self._all = tuple(providers)
        if not self._all:
            raise ValueError("At least one provider must be set up.")
        self._by_id = {stored: provider for provider in self._all for stored in provider.ids}
        self._by_id |= {provider.id: provider for provider in self._all}
        self._models = {model.name: model for model in models}

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._all)

    def of(self, stored_id: str) -> Provider | None:
        """The provider of a job; None if it isn't set up, or it is unclear which one it was."""
        return self._by_id.get(stored_id)

    def routes(self, model: str | None) -> tuple[ProviderRoute, ...]:
        """The providers that make videos of that model, the preferred one first; none of a model that isn't offered.

        Without a model it is the first one, whose name is left out.
        """
        if not self._models:
            return tuple(ProviderRoute(provider, model) for provider in self._all)
        offered = self._offered(model)
        named = {provider.name: provider for provider in self._all}
        return tuple(
            ProviderRoute(named[route.provider], None if model is None else route.model)
            for route in (() if offered is None else offered.routes)
            if route.provider in named
        )

    def routes_for(self, request: VideoRequest) -> tuple[ProviderRoute, ...]:
        """Those of them that can send the request, with all that was chosen; all of them if none can.

        A request that none can send is refused by the first one's client, unsent, with the reason.
        """
        routes = self.routes(request.model)
        model = self._offered(request.model)
        if model is None:
            return routes
        needs = needs_of_request(model, request)
        return tuple(route for route in routes if judge_needs(route.provider.client.dialect, needs) is None) or routes

    def remix_routes(self, stored_id: str, model: str | None) -> tuple[ProviderRoute, ...]:
        """The provider of the video that is to be remixed, unless it isn't set up or doesn't make that model.

        Without a model the remix has that of its source, whose name is left out.
        """
        source = self.of(stored_id)
        if source is None or not source.abilities.remix:
            return ()
        if model is None:
            return (ProviderRoute(source, None),)
        return tuple(route for route in self.routes(model) if route.provider is source)

    def _offered(self, model: str | None) -> OfferedModel | None:
        return next(iter(self._models.values()), None) if model is None else self._models.get(model)

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the offered models."""
        return tuple(self._models)

    @property
    def leaving(self) -> bool:
        """Whether no paid request may start any more."""
        return any(provider.client.leaving for provider in self._all)

    def leave(self) -> None:
        """Start no further paid request, for good: the process ends."""
        for provider in self._all:
            provider.client.leave()

    async def close(self) -> None:
        """Close all connections."""
        for provider in self._all:
            await provider.client.close()


def stored_ids(setups: Sequence[ProviderSetup]) -> Mapping[str, str]:
    """The id of each provider, by its name: its address, with its name where two have that address."""
    shared = Counter(setup.base_url for setup in setups)
    return {
        setup.name: setup.base_url if shared[setup.base_url] == 1 else f"{setup.base_url}#{setup.name}"
        for setup in setups
    }
