"""The settings with their defaults and bounds."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr

from bot.jobs.offered_models import FitMode
from bot.settings._kinds import (
    FIELD_PATTERN,
    Allowed,
    AtLeastOne,
    BaseUrl,
    Bytes,
    Count,
    DatabaseUrl,
    Days,
    File,
    Folder,
    FolderOrNone,
    GraceSeconds,
    Hosts,
    HttpHost,
    Id,
    Ids,
    Lengths,
    ModelName,
    Models,
    PollSeconds,
    Port,
    ProxyUrl,
    Seconds,
    Secret,
    ShardIds,
    Sizes,
    lower,
    strip,
)
from bot.settings._setup import ABILITIES_OF_SETTINGS, NAME_OF_SETTINGS, Setup, alike
from bot.videos.provider_setup import ProviderSetup
from bot.videos.urls import normalise_base


class Settings(BaseModel):
    """The operator's settings. They are part of the bot's interface, so a change needs a line in CHANGELOG.md."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)

    discord_token: Secret
    discord_guild_ids: Ids = ()
    allowed_guild_ids: Ids = ()
    # Unset, it is off when the bot works in some servers only (`takes_direct_messages`).
    direct_messages: Annotated[Literal["on", "off"] | None, BeforeValidator(lower), Allowed("on or off")] = None
    # For Discord's traffic alone.
    discord_proxy: ProxyUrl = None
    owner_ids: Ids = ()
    # Alerts go there instead of to the owners' DMs.
    owner_channel_id: Id = None
    # Unset, Discord recommends it.
    shard_count: Annotated[int | None, Field(ge=1), BeforeValidator(strip), Allowed("a whole number, 1 or more")] = None
    # Unset, all of them.
    shard_ids: ShardIds = ()

    videos_api_key: Secret
    videos_api_base_url: BaseUrl = "https://api.routin.ai/v1"
    videos_models: Models = ("gpt-4o-video",)
    videos_sizes: Sizes = ("1280x720", "1920x1080", "1080x1920")
    videos_seconds: Lengths = ("4", "8", "12")
    videos_body: Annotated[
        Literal["auto", "json", "multipart"], BeforeValidator(lower), Allowed("auto, json or multipart")
    ] = "auto"
    videos_reference_field: Annotated[
        str,
        Field(pattern=f"^{FIELD_PATTERN}$"),
        Allowed("the name of a form field, such as input_reference or input_reference[]"),
    ] = "input_reference"
    videos_reference_fit: Annotated[FitMode, BeforeValidator(lower), Allowed("cover, contain or off")] = "cover"
    videos_retry_server_errors: Annotated[
        int, Field(ge=0, le=10), BeforeValidator(strip), Allowed("a whole number from 0 to 10")
    ] = 2
    # Instead of the address, models, sizes, lengths and what follows them.
    providers_file: File = None
    fetch_allow_hosts: Hosts = ()

    data_dir: Folder = Path("data")
    # None: SQLite in `data_dir`.
    database_url: DatabaseUrl = None
    # None: no nightly backups. With PostgreSQL the server makes them.
    backup_dir: FolderOrNone = None

    poll_min_seconds: PollSeconds = 1
    poll_max_seconds: PollSeconds = 60
    job_deadline_seconds: Seconds = 3600
    job_give_up_seconds: Seconds = 86400
    retention_days: Days = 7

    # A chat model at the provider of the video. Unset, no prompt is improved.
    prompt_model: ModelName = None
    prompt_improvements_per_user_per_day: Count = 20

    max_rendering_jobs: AtLeastOne = 20
    max_submits_per_minute: AtLeastOne = 60
    max_active_jobs_per_user: AtLeastOne = 5
    max_jobs_per_user_per_day: Count = 25
    max_jobs_per_guild_per_day: Count = 0
    max_jobs_per_day: Count = 0
    max_queued_jobs: AtLeastOne = 200

    reply_remix: Annotated[
        Literal["auto", "on", "ask", "off"], BeforeValidator(lower), Allowed("auto, on, ask or off")
    ] = "auto"
    reply_grace_seconds: GraceSeconds = 10

    reference_max_bytes: Bytes = 20_971_520
    video_max_bytes: Bytes = 536_870_912

    http_host: HttpHost = "127.0.0.1"
    # None: nothing is served.
    http_port: Port = None

    log_level: Annotated[
        Literal["debug", "info", "warning", "error", "critical"],
        BeforeValidator(lower),
        Allowed("debug, info, warning, error or critical"),
    ] = "info"
    log_format: Annotated[
        Literal["auto", "json", "console"], BeforeValidator(lower), Allowed("auto, json or console")
    ] = "auto"

    _of_file: Setup | None = PrivateAttr(None)

    @property
    def setup(self) -> Setup:
        """The providers and the offered models: those of `providers_file`, or one provider from the other settings."""
        if self._of_file is not None:
            return self._of_file
        provider = ProviderSetup(
            NAME_OF_SETTINGS,
            normalise_base(self.videos_api_base_url),
            self.videos_api_key.get_secret_value(),
            abilities=ABILITIES_OF_SETTINGS,
            body=self.videos_body,
            reference_field=self.videos_reference_field,
            reference_fit=self.videos_reference_fit,
            retry_server_errors=self.videos_retry_server_errors,
        )
        return alike(provider, self.videos_models, self.videos_sizes, self.videos_seconds)

    def with_setup(self, setup: Setup) -> "Settings":
        """The same with the providers and models of a file."""
        copy = self.model_copy()
        copy._of_file = setup  # noqa: SLF001  # of the same class
        return copy

    @property
    def proxy(self) -> str | None:
        """The address of the proxy for Discord's traffic, with its password."""
        return None if self.discord_proxy is None else self.discord_proxy.get_secret_value()

    @property
    def takes_direct_messages(self) -> bool:
        """Whether requests are accepted in DMs."""
        return self.direct_messages == "on" if self.direct_messages else not self.allowed_guild_ids
