"""Polls: made by the bot, voted in by people, ended by time or by the bot (docs/facts/discord.md, "Polls")."""

from dataclasses import dataclass

from sandbox.chat import posting
from sandbox.chat.emojis import check_emoji
from sandbox.chat.errors import ApiError, bad_field
from sandbox.chat.model import Message
from sandbox.chat.records import TYPE_POLL_RESULT, Json, Poll, User, part_of, parts_of
from sandbox.chat.snowflakes import iso
from sandbox.chat.world import World

QUESTION_MAX = 300
ANSWER_MAX = 55
ANSWERS_MAX = 10
HOURS_MAX = 32 * 24
_HOURS_DEFAULT = 24


@dataclass(frozen=True, slots=True)
class Voted:
    """An announced change: whose vote for which answer came or went."""

    user: User
    answer_id: int


def poll_of(body: Json | None, now: float) -> Poll | None:
    """The poll in a message's body; raises `ApiError` 50035."""
    if not body:
        return None
    question = str(part_of(body, "question").get("text") or "")
    if not 1 <= len(question) <= QUESTION_MAX:
        raise _wrong_length("poll.question.text", QUESTION_MAX)
    medias: list[Json] = [part_of(one, "poll_media") for one in parts_of(body, "answers")]
    if not 1 <= len(medias) <= ANSWERS_MAX:
        raise _wrong_length("poll.answers", ANSWERS_MAX)
    for index, media in enumerate(medias):
        if not 1 <= len(str(media.get("text") or "")) <= ANSWER_MAX:
            raise _wrong_length(f"poll.answers.{index}.poll_media.text", ANSWER_MAX)
        check_emoji(part_of(media, "emoji"), f"poll.answers.{index}.poll_media")
    hours = body.get("duration") or _HOURS_DEFAULT
    if not 1 <= hours <= HOURS_MAX or hours != int(hours):
        raise bad_field("poll.duration", f"int value should be between 1 and {HOURS_MAX}.", "NUMBER_TYPE_MAX")
    answers: list[Json] = [{"answer_id": number, "poll_media": _media(one)} for number, one in enumerate(medias, 1)]
    multiple = bool(body.get("allow_multiselect"))
    return Poll(question, answers, multiple, now + hours * 3600, int(body.get("layout_type") or 1))


def _media(media: Json) -> Json:
    emoji: Json = part_of(media, "emoji")
    if not emoji:
        return {"text": media["text"]}
    return {"text": media["text"], "emoji": {"id": emoji.get("id"), "name": emoji.get("name")}}


def _wrong_length(path: str, limit: int) -> ApiError:
    return bad_field(path, f"Must be between 1 and {limit} in length.", "BASE_TYPE_BAD_LENGTH")


def start(world: World, message: Message) -> None:
    """Let a poll that was just sent end when its time is over."""
    if message.poll is not None:
        world.start_timer(_end_in_time(world, message, message.poll))


async def _end_in_time(world: World, message: Message, poll: Poll) -> None:
    await world.clock.sleep(poll.ends_at - world.clock.now())
    if not poll.ended and not message.deleted:
        end(world, message)


def end(world: World, message: Message) -> None:
    """Count the votes for good and post the result in the channel; raises `ApiError` 520006 or 520001."""
    poll = message.poll
    if poll is None:
        raise ApiError(520006)
    if poll.ended:
        raise ApiError(520001)
    poll.ended = True
    poll.ends_at = min(poll.ends_at, world.clock.now())
    world.hub.announce("MESSAGE_UPDATE", message)
    draft = posting.Draft(type=TYPE_POLL_RESULT, about=message, embeds=[_result(poll)])
    posting.post(world, message.channel, message.author, draft)


def _result(poll: Poll) -> Json:
    """The embed with a poll's result; without a victor when there is no vote or a tie."""
    counts = {one["answer_id"]: len(poll.votes.get(one["answer_id"], [])) for one in poll.answers}
    most = max(counts.values())
    fields = {
        "poll_question_text": poll.question,
        "victor_answer_votes": str(most),
        "total_votes": str(sum(counts.values())),
    }
    victors: list[Json] = [one for one in poll.answers if counts[one["answer_id"]] == most]
    if most and len(victors) == 1:
        media: Json = victors[0]["poll_media"]
        fields |= {"victor_answer_id": str(victors[0]["answer_id"]), "victor_answer_text": media["text"]}
        if "emoji" in media:
            found = {f"victor_answer_emoji_{name}": value for name, value in media["emoji"].items() if value}
            fields |= found
    shown = [{"name": name, "value": value, "inline": False} for name, value in fields.items()]
    return {"type": "poll_result", "fields": shown}


def vote(world: World, message: Message, user: User, answer_ids: set[int]) -> None:
    """Make these answers, and no others, that user's votes; raises `ApiError` 520006, 520001 or 50035."""
    poll = message.poll
    if poll is None:
        raise ApiError(520006)
    if poll.ended or world.clock.now() >= poll.ends_at:
        raise ApiError(520001)
    if answer_ids - {one["answer_id"] for one in poll.answers} or (len(answer_ids) > 1 and not poll.multiple):
        raise bad_field("answer_ids", "Invalid poll answer.")
    before = poll.of(user)
    for answer_id in sorted(before - answer_ids):
        poll.votes[answer_id].remove(user.id)
        world.hub.announce("MESSAGE_POLL_VOTE_REMOVE", message, Voted(user, answer_id))
    for answer_id in sorted(answer_ids - before):
        poll.votes.setdefault(answer_id, []).append(user.id)
        world.hub.announce("MESSAGE_POLL_VOTE_ADD", message, Voted(user, answer_id))


def poll_json(poll: Poll, viewer: User) -> Json:
    """A poll as that user sees it."""
    counts: list[Json] = [
        {"id": answer_id, "count": len(user_ids), "me_voted": viewer.id in user_ids}
        for answer_id, user_ids in sorted(poll.votes.items())
        if user_ids
    ]
    return {
        "question": {"text": poll.question},
        "answers": poll.answers,
        "expiry": iso(poll.ends_at),
        "allow_multiselect": poll.multiple,
        "layout_type": poll.layout_type,
        "results": {"is_finalized": poll.ended, "answer_counts": counts},
    }
