"""Which dialect a provider of the settings speaks: each file in `bot/videos/dialects` is one, under the file's name.

Such a file has a function `of`, which makes the dialect from the settings of a provider.
"""

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import cast

from bot.videos import dialects
from bot.videos.dialects import Dialect
from bot.videos.provider_setup import ProviderSetup

Maker = Callable[[ProviderSetup], Dialect]


def _maker_of(name: str) -> Maker:
    return cast("Maker", import_module(f"{dialects.__name__}.{name}").of)


DIALECTS: Mapping[str, Maker] = {
    module.name: _maker_of(module.name) for module in pkgutil.iter_modules(dialects.__path__)
}


def dialect_of(setup: ProviderSetup) -> Dialect:
    """The dialect of that provider, with the settings that are its fields. Raises KeyError for an unknown name."""
    return DIALECTS[setup.dialect](setup)
