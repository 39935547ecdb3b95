"""Which dialect a provider of the settings speaks. The one list of all dialects that the settings can name."""

from collections.abc import Callable, Mapping

from bot.videos.dialects import Dialect
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.dialects.openrouter import OpenRouterDialect
from bot.videos.provider_setup import DialectName, ProviderSetup

DIALECTS: Mapping[DialectName, Callable[[ProviderSetup], Dialect]] = {
    "openai": lambda setup: OpenAIDialect(setup.body, setup.reference_field),
    "openrouter": lambda _: OpenRouterDialect(),
}


def dialect_of(setup: ProviderSetup) -> Dialect:
    """The dialect of that provider, with the settings that are its fields."""
    return DIALECTS[setup.dialect](setup)
