"""Recognises gateways that may send a paid request again by themselves, by what their free answers look like. Pure.

The signs of each are in docs/facts/provider.md, "Gateways". A gateway without them can't be seen from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from bot.videos.json_values import at, json_object

# The time that LiteLLM gives as that of every model.
_LITELLM_CREATED = 1_677_610_602


@dataclass(frozen=True, slots=True)
class Gateway:
    """A program between the bot and the provider; `advice` is how to keep it from sending a request again."""

    name: str
    advice: str


_LITELLM = Gateway(
    "LiteLLM",
    "Set num_retries: 0 in its litellm_settings and router_settings, and no fallbacks for this model. It drops the "
    "Idempotency-Key, too.",
)
_NEW_API = Gateway("New API", "Set its retry times to 0 (operation settings), or give this model one channel alone.")
_OTHERS = "Switch off its retries and fallbacks for this model."
# The first letters of the names of headers, in lower case.
_BY_HEADER = (
    ("x-litellm-", _LITELLM),
    ("x-new-api-", _NEW_API),
    ("x-oneapi-", _NEW_API),
    ("x-portkey-", Gateway("Portkey", _OTHERS)),
    ("x-bifrost-", Gateway("Bifrost", _OTHERS)),
    ("cf-aig-", Gateway("Cloudflare AI Gateway", _OTHERS)),
    ("helicone-", Gateway("Helicone", _OTHERS)),
    ("ngrok-aig-", Gateway("ngrok AI Gateway", _OTHERS)),
)


def recognise(headers: Iterable[str], model_lists: Iterable[object]) -> Gateway | None:
    """The gateway behind answers with headers of those names, and those decoded lists of models; None if unknown."""
    names = {name.lower() for name in headers}
    for beginning, gateway in _BY_HEADER:
        if any(name.startswith(beginning) for name in names):
            return gateway
    for body in model_lists:
        models = _models(body)
        if models and all(model.get("created") == _LITELLM_CREATED for model in models):
            return _LITELLM
        if any("supported_endpoint_types" in model for model in models):
            return _NEW_API
    return None


def _models(body: object) -> list[Mapping[str, object]]:
    found = at(body, ("data",))
    entries = cast("list[object]", found) if isinstance(found, list) else []
    return [model for entry in entries if (model := json_object(entry)) is not None]
