"""What the provider's error words come down to, as one table. Pure, and it knows neither statuses' meaning nor people.

The codes and texts are those seen at servers of this protocol (docs/facts/provider.md, "Errors").
"""

import re
from typing import NamedTuple

from bot.jobs.model import Cause
from bot.videos.values import About


class Verdict(NamedTuple):
    """The cause, and whether the prompt or a picture was meant, when the words tell."""

    cause: Cause
    about: About | None = None


BY_CODE: dict[str, Verdict] = {
    "content_policy_violation": Verdict(Cause.CONTENT),
    "contentpolicyviolationerror": Verdict(Cause.CONTENT),
    "content_safety_violation": Verdict(Cause.CONTENT),
    "content_filter": Verdict(Cause.CONTENT),
    "moderation_blocked": Verdict(Cause.CONTENT),
    "sentinel_block": Verdict(Cause.CONTENT),
    "nsfw": Verdict(Cause.CONTENT),
    "invalid_prompt": Verdict(Cause.CONTENT, "prompt"),
    "prompt_unsafe": Verdict(Cause.CONTENT, "prompt"),
    "image_unsafe": Verdict(Cause.CONTENT, "picture"),
    "image_content_policy_violation": Verdict(Cause.CONTENT, "picture"),
    "video_unsafe": Verdict(Cause.CONTENT),
    "insufficient_quota": Verdict(Cause.CREDIT),
    "insufficient_user_quota": Verdict(Cause.CREDIT),
    "insufficient_balance": Verdict(Cause.CREDIT),
    "insufficient_credits": Verdict(Cause.CREDIT),
    "billing_hard_limit_reached": Verdict(Cause.CREDIT),
    "billing_not_active": Verdict(Cause.CREDIT),
    "budget_exceeded": Verdict(Cause.CREDIT),
    "payment_required": Verdict(Cause.CREDIT),
    "rate_limit_exceeded": Verdict(Cause.RATE),
    "too_many_requests": Verdict(Cause.RATE),
    "invalid_size": Verdict(Cause.SIZE),
    "invalid_type": Verdict(Cause.INPUT),
    "invalid_value": Verdict(Cause.INPUT),
    "unknown_parameter": Verdict(Cause.INPUT),
    "missing_required_parameter": Verdict(Cause.INPUT),
    "missing_model": Verdict(Cause.PROVIDER),
    "model_not_found": Verdict(Cause.PROVIDER),
    "deploymentnotfound": Verdict(Cause.PROVIDER),
    "invalid_api_key": Verdict(Cause.PROVIDER),
    "server_error": Verdict(Cause.PROVIDER),
    "processing_error": Verdict(Cause.PROVIDER),
}

# Families of codes whose endings vary ("InputImageSensitiveContentDetected.PrivacyInformation").
BY_CODE_START: tuple[tuple[str, Verdict], ...] = (
    ("inputimagesensitivecontentdetected", Verdict(Cause.CONTENT, "picture")),
    ("inputtextsensitivecontentdetected", Verdict(Cause.CONTENT, "prompt")),
    ("outputvideosensitivecontentdetected", Verdict(Cause.CONTENT)),
)

# The first text found in the message wins, so what a careless proxy mislabels stands before what it is mistaken for.
BY_TEXT: tuple[tuple[str, Verdict], ...] = (
    ("must match the requested width and height", Verdict(Cause.SIZE, "picture")),
    ("people-in-user-uploads", Verdict(Cause.CONTENT, "picture")),
    ("sensitive information", Verdict(Cause.CONTENT)),
    ("sensitive content", Verdict(Cause.CONTENT)),
    ("content policy", Verdict(Cause.CONTENT)),
    ("content policies", Verdict(Cause.CONTENT)),
    ("usage polic", Verdict(Cause.CONTENT)),
    ("safety system", Verdict(Cause.CONTENT)),
    ("moderation", Verdict(Cause.CONTENT)),
    ("nsfw", Verdict(Cause.CONTENT)),
    ("exceeded your current quota", Verdict(Cause.CREDIT)),
    ("insufficient quota", Verdict(Cause.CREDIT)),
    ("insufficient balance", Verdict(Cause.CREDIT)),
    ("insufficient credit", Verdict(Cause.CREDIT)),
    ("out of credit", Verdict(Cause.CREDIT)),
    ("not enough credit", Verdict(Cause.CREDIT)),
    ("余额不足", Verdict(Cause.CREDIT)),
    ("额度不足", Verdict(Cause.CREDIT)),
    ("too many running tasks", Verdict(Cause.RATE)),
    ("rate limit", Verdict(Cause.RATE)),
)

_PICTURE_WORDS = ("image", "picture", "photo", "input_reference", "reference file")
_MISLABELLED = ("unknown parameter", "unsupported parameter", "unrecognized parameter", "invalid type for")
_NO_MODEL = re.compile(
    r"\b(model|deployment)\b.{0,120}\b(not found|not exist|not available|unavailable)\b"
    r"|\b(unknown|no such|invalid) model\b"
)


def classify(codes: tuple[str, ...], message: str, param: str | None = None) -> Verdict | None:
    """The verdict on error words: `codes` (code, then type), message, named parameter; None if they say nothing.

    Only the outermost words of an error should come here, in any case; nothing of them is kept.
    """
    text = message.lower()
    if any(words in text for words in _MISLABELLED):
        return Verdict(Cause.INPUT, _about_parameter(param))
    verdict = _by_code(codes)
    if verdict is None or verdict.cause is Cause.INPUT:
        # "Something in it is wrong" is the least that a code can say; text and parameter may say what.
        telling = next((verdict for words, verdict in BY_TEXT if words in text), None)
        verdict = telling or _by_parameter(param) or verdict
    if verdict is None:
        return Verdict(Cause.PROVIDER) if names_model(codes, message, param) else None
    if verdict.about is None and verdict.cause in (Cause.CONTENT, Cause.INPUT, Cause.SIZE):
        return Verdict(verdict.cause, _about_parameter(param) or _about_text(text, verdict.cause))
    return verdict


def names_model(codes: tuple[str, ...], message: str, param: str | None = None) -> bool:
    """Whether the words say that the model isn't there: a fault of the configuration, not of the request."""
    if any(code in ("model_not_found", "missing_model", "deploymentnotfound") for code in map(str.lower, codes)):
        return True
    return param == "model" or _NO_MODEL.search(message[:1000].lower()) is not None


def _by_code(codes: tuple[str, ...]) -> Verdict | None:
    for code in map(str.lower, codes):
        if code in BY_CODE:
            return BY_CODE[code]
        for start, verdict in BY_CODE_START:
            if code.startswith(start):
                return verdict
    return None


def _by_parameter(param: str | None) -> Verdict | None:
    if param is None or param == "model":
        return None
    if param == "size":
        return Verdict(Cause.SIZE)
    return Verdict(Cause.INPUT, _about_parameter(param))


def _about_parameter(param: str | None) -> About | None:
    if param is None:
        return None
    if param == "prompt":
        return "prompt"
    return "picture" if param.startswith(("input_reference", "image")) else None


def _about_text(text: str, cause: Cause) -> About | None:
    """Only for the content rules, where people need to know which of the two to change; both named means neither."""
    if cause is not Cause.CONTENT:
        return None
    prompt, picture = "prompt" in text, any(word in text for word in _PICTURE_WORDS)
    if prompt == picture:
        return None
    return "prompt" if prompt else "picture"
