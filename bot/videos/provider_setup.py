"""A provider as the settings describe it: address, key, dialect and abilities, as frozen values."""

from dataclasses import dataclass, field
from typing import Literal

from bot.jobs.offered_models import FitMode


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a provider can do beside making a video from a prompt.

    `cancel`: a DELETE stops a running render. `idempotency`: a repeated create with the same key is charged once.
    """

    remix: bool = False
    extend: bool = False
    cancel: bool = False
    list: bool = False
    idempotency: bool = False


@dataclass(frozen=True, slots=True)
class ProviderSetup:
    """One provider. `name` may be seen by people; `base_url` is normalised (`bot.videos.urls.normalise_base`).

    `dialect` is the name of a file in `bot/videos/dialects`.

    The last four are the settings `VIDEOS_BODY`, `VIDEOS_REFERENCE_FIELD`, `VIDEOS_REFERENCE_FIT` and
    `VIDEOS_RETRY_SERVER_ERRORS` of this provider.
    """

    name: str
    base_url: str
    api_key: str = field(repr=False)
    dialect: str = "openai"
    abilities: Abilities = Abilities()
    body: Literal["auto", "json", "multipart"] = "auto"
    reference_field: str = "input_reference"
    reference_fit: FitMode = "cover"
    retry_server_errors: int = 2
