"""The two counts that must never be wrong: how often a request was paid, and how often a job's message was posted."""

from collections import Counter
from dataclasses import dataclass, field

from bot.chat.custom_ids import ButtonId, MessageKind, parse_button
from sandbox.chat import Chat, Message
from sandbox.chat.records import Json, flatten
from sandbox.stage import Stage
from sandbox.studio import Render, Request
from sandbox.studio.state import PAID

_PROMPT_CHARACTERS = 160
_ENDED = {"processing": "rendering", "completed": "done", "failed": "failed", "cancelled": "cancelled"}
_NOTICES = (MessageKind.FAILURE, MessageKind.LATE, MessageKind.SLOW, MessageKind.UNSURE)


def paid_rows(stage: Stage) -> list[Json]:
    """Per idempotency key, over all providers, oldest first.

    The prompt, the number of requests, how many were taken, and the outcome.
    """
    asked: dict[str, list[Request]] = {}
    for request in stage.provider_requests:
        if request.operation in PAID:
            key = request.headers.get("idempotency-key", "")
            asked.setdefault(key or f"no key: {request.fields.get('prompt', '')}", []).append(request)
    taken: dict[str, list[Render]] = {}
    for render in stage.renders:
        taken.setdefault(render.idempotency_key or f"no key: {render.prompt}", []).append(render)
    return [_paid_row(key, requests, taken.get(key, [])) for key, requests in asked.items()]


def _paid_row(key: str, requests: list[Request], renders: list[Render]) -> Json:
    last = requests[-1]
    unpaid = "no answer" if last.status is None else f"refused ({last.status})"
    return {
        "key": key,
        "prompt": str(last.fields.get("prompt", ""))[:_PROMPT_CHARACTERS],
        "kind": last.operation,
        "asked": len(requests),
        "accepted": len(renders),
        "ended": _ENDED[renders[-1].state] if renders else unpaid,
        "verdict": "none" if not renders else "ok" if len(renders) == 1 else "bad",
    }


@dataclass(slots=True)
class _Said:
    """The messages of one job: how many of each kind and number were ever posted, and how many still exist."""

    place: str
    ever: Counter[tuple[MessageKind, int]] = field(default_factory=Counter[tuple[MessageKind, int]])
    standing: Counter[MessageKind] = field(default_factory=Counter[MessageKind])

    def count(self, *kinds: MessageKind) -> int:
        return sum(times for (kind, _), times in self.ever.items() if kind in kinds)

    def stand(self, *kinds: MessageKind) -> int:
        return sum(self.standing[kind] for kind in kinds)


def post_rows(chat: Chat) -> list[Json]:
    """Per job, oldest first: its cards, videos and notices ever posted, by the ids on their buttons."""
    said: dict[str, _Said] = {}
    for message in chat.posts:
        button = _button_of(message)
        if button is None or button.job_id is None or message.interaction is not None:
            continue
        place = f"#{message.channel.name}" if message.channel.guild else f"DM with {message.channel.name}"
        job = said.setdefault(button.job_id, _Said(place))
        job.ever[button.kind, button.number] += 1
        job.standing[button.kind] += not message.deleted
    return [_post_row(job_id, job) for job_id, job in said.items()]


def _post_row(job_id: str, job: _Said) -> Json:
    ends = job.count(MessageKind.VIDEO, *_NOTICES)
    # A person may request a message again; then it carries the next number.
    twice = any(times > 1 for times in job.ever.values())
    return {
        "job": job_id,
        "place": job.place,
        "cards": {"ever": job.count(MessageKind.CARD), "now": job.stand(MessageKind.CARD)},
        "videos": {"ever": job.count(MessageKind.VIDEO), "now": job.stand(MessageKind.VIDEO)},
        "notices": {"ever": job.count(*_NOTICES), "now": job.stand(*_NOTICES)},
        "verdict": "bad" if twice else "ok" if ends else "none",
    }


def _button_of(message: Message) -> ButtonId | None:
    """The first button of ours that the message ever carried; its last version may have none."""
    for version in message.history:
        for component in flatten(version.components):
            button = parse_button(str(component.get("custom_id") or ""))
            if button is not None and button.kind is not MessageKind.LIST:
                return button
    return None


def totals(stage: Stage, paid: list[Json], posts: list[Json]) -> Json:
    """The sums of the rows."""
    return {
        "intents": len(paid),
        "paid": len(stage.renders),
        "paid_twice": sum(row["verdict"] == "bad" for row in paid),
        "jobs": len(posts),
        "videos": sum(row["videos"]["ever"] for row in posts),
        "notices": sum(row["notices"]["ever"] for row in posts),
        "posted_twice": sum(row["verdict"] == "bad" for row in posts),
        "discord_calls": len(stage.chat.requests),
        "provider_calls": len(stage.provider_requests),
    }
