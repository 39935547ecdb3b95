"""Providers and throttles of a test, mostly one of each."""

from collections.abc import Iterable
from typing import Any

from bot.engine.pipeline.throttle import ProviderThrottle
from bot.engine.pipeline.throttles import Throttles
from bot.jobs.offered_models import OfferedModel, Route
from bot.videos.dialects import Dialect
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.providers import Provider, Providers


def one_provider(videos: Any, **abilities: Any) -> Providers:
    """A provider with that client, for all models."""
    return Providers([Provider(videos.provider, "main", videos, **abilities)])


def one_throttle(throttle: ProviderThrottle, providers: Providers) -> Throttles:
    """That throttle for the one provider."""
    (provider,) = providers
    return Throttles(providers, {provider.id: throttle})


def several_providers(*names: str, models: Iterable[OfferedModel] = ()) -> Providers:
    """Providers of those names, of which nothing is requested."""
    clients: list[Any] = [NoVideos(f"https://{name}.test/v1") for name in names]
    return Providers(
        [Provider(client.provider, name, client) for name, client in zip(names, clients, strict=True)], models
    )


def a_model(name: str, *providers: str) -> OfferedModel:
    """A model of those providers; each has a name of its own for it."""
    routes = tuple(Route(provider, f"{provider}/{name}") for provider in providers)
    return OfferedModel(name, name.title(), routes, ("1280x720",), ("8",))


class NoVideos:
    """A client that nothing is requested of."""

    def __init__(self, provider: str = "https://provider.test/v1", dialect: Dialect | None = None) -> None:
        self.provider = provider
        self.account = "0123456789abcdef"
        self.dialect = dialect or OpenAIDialect()
