"""The faults that can be planned for the bot's requests, under the page's names for them."""

from collections.abc import Callable

from sandbox.chat import Fault as ChatFault
from sandbox.chat.faults import ANYTHING
from sandbox.chat.faults import Request as ChatRequest
from sandbox.studio import Fault as StudioFault
from sandbox.studio.faults import Target

_WAIT_SECONDS = 3.0
_DRIP_BYTES_PER_SECOND = 10

PROVIDER_TARGETS: dict[str, Target] = {"paid": "paid", "poll": "poll", "file": "file", "chat": "chat"}
DISCORD_TARGETS: dict[str, tuple[str, ...]] = {
    "post": ("message_create",),
    "edit": ("message_edit",),
    "answer": ("callback", "followup_create", "original_edit", "original_delete", "followup_edit", "followup_delete"),
    "history": ("history",),
    "file": ("attachment",),
    "any": (ANYTHING,),
}
PROVIDER_FAULTS = {
    "429": StudioFault.status(429, headers={"Retry-After": f"{_WAIT_SECONDS:g}"}),
    "500": StudioFault.status(500),
    "open": StudioFault.status(500, json={"error": {"message": "timed out while waiting for the upstream"}}, take=True),
    "no_model": StudioFault.status(404, json={"error": {"message": "no such model", "code": "model_not_found"}}),
    "firewall": StudioFault.status(403, text="<html>Request blocked.</html>"),
    "credit": StudioFault.status(402),
    "gone": StudioFault.status(404),
    "drop_before": StudioFault.drop(take=False),
    "drop_after": StudioFault.drop(take=True),
    "hang": StudioFault.hang(take=False),
    "slow": StudioFault.slow(_DRIP_BYTES_PER_SECOND),
}
DISCORD_FAULTS = {
    "429": ChatFault.rate_limited(_WAIT_SECONDS),
    "503": ChatFault.status(503),
    "denied": ChatFault.error(403, 50013),
    "explicit": ChatFault.error(400, 20009),
    "uploads": ChatFault.error(403, 400001),
    "drop_before": ChatFault.drop(after=False),
    "drop_after": ChatFault.drop(after=True),
    "slow": ChatFault.slow(_DRIP_BYTES_PER_SECOND),
}
_OF_FILES = ("explicit", "uploads")


def only_if(fault: str) -> Callable[[ChatRequest], bool] | None:
    """The kind of request to Discord that the fault needs; faults of files wait for a request with one."""
    return _has_files if fault in _OF_FILES else None


def _has_files(request: ChatRequest) -> bool:
    return bool(request.files)
