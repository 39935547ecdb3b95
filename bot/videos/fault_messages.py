"""The sentences of the provider's faults, fit for a person: no word of the provider's own, no key, no id."""

from bot.jobs.model import Cause
from bot.videos.values import About

NOT_REACHED = "The video provider cannot be reached."
SILENCE = "The video provider did not answer in time or broke off, so it is unclear whether it took the request."
MESS = "The video provider gave an answer that doesn't say whether it took the request."
UNTRACEABLE = "The video provider answered without a usable id, so a video it may be making can't be followed."
ALREADY_SENT = "The video provider says that it has seen this request before."
BUSY = "The video provider is busy and asks for some patience."
LEFT_OPEN = "The video provider's answer leaves it open whether the request was taken."
CLEAN_REFUSAL = "The video provider had a fault of its own and took nothing."
NO_CREDIT = "The account at the video provider has no credit left."
KEY_REFUSED = "The video provider does not accept the bot's key."
REDIRECTS = "The address set for the video provider leads somewhere else."
PICTURE_GONE = "A picture of this request can no longer be read."
UNREADABLE = "The video provider's answer about a video can't be read."
UNKNOWN_VIDEO = "The video provider does not know this video."
NO_LIST = "The video provider does not say which videos it has."
TOO_OFTEN = "The video provider is asked too often."
POLL_FAILED = "The video provider can't say just now how a video is doing."

_FIELDS = {
    "prompt": "the prompt",
    "model": "the model",
    "size": "the size",
    "seconds": "the length",
    "input_reference": "the picture",
    "video": "the video to remix",
}


def refused(cause: Cause, about: About | None, field: str | None) -> str:
    """Why the provider said no to a request: the content rules, a size, the model, a named field, or just no."""
    what = {"prompt": "the prompt", "picture": "a picture", None: "the request"}[about]
    if cause is Cause.CONTENT:
        return f"The video provider's content rules refuse {what}."
    if cause is Cause.SIZE:
        return (
            "The picture's size is not one that the video provider takes."
            if about == "picture"
            else ("The size is not one that the video provider takes.")
        )
    if cause is Cause.MODEL:
        return "The video provider does not offer the model."
    if cause is Cause.LENGTH:
        return "The length is not one that the video provider takes."
    if cause is Cause.SOURCE_GONE:
        return "The video provider no longer has the video to remix."
    if cause is Cause.UNSUPPORTED:
        return "The video provider can't remix videos."
    if cause is Cause.INPUT:
        return f"The video provider does not accept {_FIELDS.get(field or '', what)}."
    return "The video provider can't take the request."
