"""The only reader of the environment: frozen settings with their defaults, and every mistake in them at once.

`.env.example` lists the same names and defaults (a test holds the two equal). Secrets are `SecretStr`, so that no log
or traceback shows them.
"""

from bot.settings._model import Settings
from bot.settings._reading import NAMES, ReadSettings, SettingsError, load_settings, read_settings
from bot.settings._setup import Setup

__all__ = ["NAMES", "ReadSettings", "Settings", "SettingsError", "Setup", "load_settings", "read_settings"]
