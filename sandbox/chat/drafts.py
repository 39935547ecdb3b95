"""What a request's body says about a message that is to be sent, checked as Discord checks it; it posts nothing."""

from sandbox.chat import limits, polls, posting
from sandbox.chat.mentions import check_allowed_mentions
from sandbox.chat.records import FLAG_COMPONENTS_V2, FLAG_SILENT, FLAG_SUPPRESS_EMBEDS, Attachment, Json, parts_of
from sandbox.chat.world import World

_SETTABLE_FLAGS = FLAG_SUPPRESS_EMBEDS | FLAG_SILENT | FLAG_COMPONENTS_V2


def draft_of(world: World, body: Json, uploads: dict[int, Attachment]) -> posting.Draft:
    """The message as the body describes it; raises `ApiError` 50035 or 50006."""
    limits.check_message(body, file_count=len(uploads))
    limits.check_not_empty(body, file_count=len(uploads))
    check_allowed_mentions(body.get("allowed_mentions"))
    flags = int(body.get("flags") or 0)
    return posting.Draft(
        content=body.get("content") or "",
        embeds=parts_of(body, "embeds"),
        components=parts_of(body, "components"),
        attachments=posting.placed_uploads(body, uploads),
        allowed_mentions=body.get("allowed_mentions"),
        flags=flags & _SETTABLE_FLAGS,
        poll=polls.poll_of(body.get("poll"), world.clock.now()),
    )
