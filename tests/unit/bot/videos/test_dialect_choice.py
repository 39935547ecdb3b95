"""Every file of a dialect is one that the settings can name."""

from bot.videos.dialect_choice import DIALECTS, dialect_of
from bot.videos.dialects.openai import OpenAIDialect
from bot.videos.dialects.openrouter import OpenRouterDialect
from bot.videos.provider_setup import ProviderSetup


def test_each_name_is_a_dialect() -> None:
    """Body and picture field are those of the provider, where the dialect has them."""
    assert {"openai", "openrouter"} <= set(DIALECTS)
    for name in DIALECTS:
        assert dialect_of(ProviderSetup("main", "https://a.example/v1", "key", name)).probe_paths
    setup = ProviderSetup("main", "https://a.example/v1", "key", body="multipart", reference_field="image[]")
    assert dialect_of(setup) == OpenAIDialect("multipart", "image[]")
    assert dialect_of(ProviderSetup("b", "https://b.example/v1", "key", "openrouter")) == OpenRouterDialect()
