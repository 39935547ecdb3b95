"""Callbacks, the original response, and follow-ups: authorised by the token in the path alone."""

from sandbox.chat import interactions, payloads
from sandbox.chat.model import Interaction, Message
from sandbox.chat.records import Json
from sandbox.chat.rest.incoming import Incoming
from sandbox.chat.rest.server import Answer


async def respond(call: Incoming) -> Answer:
    """POST /interactions/{interaction}/{token}/callback; 204 unless asked `with_response`."""
    interaction = interactions.respond(call.world, call.id("interaction"), call.names["token"], call.body, call.uploads)
    if call.query.get("with_response") not in ("1", "true", "True"):
        return None
    kind = int(call.body["type"])
    about: Json = {"id": str(interaction.id), "type": interaction.kind}
    answer: Json = {"interaction": about}
    message = interaction.original
    if message is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = message.loading
        about["response_message_ephemeral"] = message.ephemeral
        if kind in (interactions.SAY, interactions.DEFER, interactions.UPDATE):
            answer["resource"] = {"type": kind, "message": _json(call, message)}
    return answer


async def get_answer(call: Incoming) -> Answer:
    """GET /webhooks/{application}/{token}/messages/{message}."""
    return _json(call, interactions.answer_of(_interaction(call), call.names.get("message", "@original")))


async def edit_answer(call: Incoming) -> Answer:
    """PATCH /webhooks/{application}/{token}/messages/{message}."""
    interaction = _interaction(call)
    message = interactions.answer_of(interaction, call.names.get("message", "@original"))
    interactions.change(call.world, interaction, message, call.body, call.uploads)
    return _json(call, message)


async def delete_answer(call: Incoming) -> Answer:
    """DELETE /webhooks/{application}/{token}/messages/{message}."""
    interactions.remove(call.world, interactions.answer_of(_interaction(call), call.names.get("message", "@original")))


async def follow_up(call: Incoming) -> Answer:
    """POST /webhooks/{application}/{token}; the first one after a deferral fills the deferred response."""
    interaction = _interaction(call)
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        interactions.change(call.world, interaction, original, call.body, call.uploads)
        return _json(call, original)
    message = interactions.say(call.world, interaction, call.body, call.uploads)
    interaction.followups.append(message)
    call.world.hub.touch()
    return _json(call, message)


def _interaction(call: Incoming) -> Interaction:
    return interactions.by_token(call.world, call.id("application"), call.names["token"])


def _json(call: Incoming, message: Message) -> Json:
    return payloads.message_json(call.world, message, content_intent=True)
