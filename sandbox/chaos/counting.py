"""Counts the outcome of every job at both servers: paid submissions at one, messages at the other."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from bot.chat.custom_ids import MessageKind
from sandbox.chaos.invariants import ForgottenJob, JobFacts, WorldFacts
from sandbox.chaos.plan import end_of, is_private
from sandbox.chaos.rows import Row
from sandbox.chat import Message
from sandbox.stage import Stage
from sandbox.studio import Request, Studio
from sandbox.studio.state import PAID

_BUTTON = re.compile(r"vb:([a-z]+):[a-z_]+:([0-9A-Z]{8}):")
# Responses of the provider, real or scripted, with a clear outcome; 429 and 500 mean that nothing was taken.
_CLEAR_ANSWERS = {200, 202, 400, 401, 402, 403, 404, 429}
_CLEAN_REFUSAL = 500
_BUSY = 503
# docs/remix.md; the prompts of the experiment have one line.
_OWN = "\n\nChange: "


def own_prompt(sent: str) -> str:
    """The job's own prompt of one that was sent: as a new video a remix is sent with its parents' prompts before it."""
    return sent.rpartition(_OWN)[2]


def jobs_posted(message: Message) -> set[tuple[str, str]]:
    """The kinds and jobs that the message's buttons named when it was posted."""
    return set(_BUTTON.findall(str(message.history[0].components)))


def count_jobs(
    stage: Stage,
    rows: Iterable[Row],
    hit: AbstractSet[str],
    rolled_back: AbstractSet[str] = frozenset(),
    *,
    clock_set: bool = False,
) -> list[JobFacts]:
    """Every stored job. `hit` are the jobs that a kill found between "about to send" and "taken"."""
    said, standing, places = _messages(stage)
    prompts = Counter(own_prompt(render.prompt) for render in stage.renders)
    keys = Counter(render.idempotency_key for render in stage.renders)
    doubtful, refusals = _paid_requests(stage)
    elsewhere = begun_elsewhere(stage.studios)
    return [
        JobFacts(
            id=row["id"],
            prompt=row["prompt"],
            state=row["state"],
            paid=prompts[row["prompt"]],
            paid_by_key=keys[row["idempotency_key"]],
            videos=said[MessageKind.VIDEO, row["id"]],
            failures=said[MessageKind.FAILURE, row["id"]],
            unsure=said[MessageKind.UNSURE, row["id"]],
            late=said[MessageKind.LATE, row["id"]],
            cards=said[MessageKind.CARD, row["id"]],
            cards_standing=standing[row["id"]],
            strayed=len(places[row["id"]] - {row["user_id"] if is_private(row["prompt"]) else None}),
            expected=end_of(row["prompt"]),
            in_doubt=row["id"] in hit or row["prompt"] in doubtful,
            clean_refusals=refusals[row["prompt"]],
            begun_elsewhere=row["prompt"] in elsewhere,
            rolled_back=row["id"] in rolled_back,
            clock_set=clock_set,
        )
        for row in rows
    ]


def count_forgotten(stage: Stage, forgotten: Mapping[str, str]) -> list[ForgottenJob]:
    """The outcome of the jobs (id: prompt) that a restore made unknown."""
    said, *_ = _messages(stage)
    prompts = Counter(own_prompt(render.prompt) for render in stage.renders)
    return [
        ForgottenJob(job_id, prompt, prompts[prompt], said[MessageKind.VIDEO, job_id])
        for job_id, prompt in sorted(forgotten.items())
    ]


def _messages(stage: Stage) -> tuple[Counter[tuple[str, str]], Counter[str], dict[str, set[int | None]]]:
    """How often each kind of message was posted for each job, how many of its cards still exist, and in whose DM.

    A server's channel is None.
    """
    said: Counter[tuple[str, str]] = Counter()
    standing: Counter[str] = Counter()
    places: defaultdict[str, set[int | None]] = defaultdict(set)
    for message in stage.chat.posts:
        if message.interaction is not None:
            continue
        for kind, job_id in jobs_posted(message):
            said[kind, job_id] += 1
            standing[job_id] += kind == MessageKind.CARD and not message.deleted
            places[job_id].add(next((user.id for user in message.channel.recipients), None))
    return said, standing, places


def _paid_requests(stage: Stage) -> tuple[set[str], Counter[str]]:
    """The prompts with a paid request without a clear response, and how often each prompt was refused."""
    doubtful: set[str] = set()
    refusals: Counter[str] = Counter()
    for request in stage.provider_requests:
        if request.operation not in PAID:
            continue
        prompt = own_prompt(str(request.fields.get("prompt")))
        refusals[prompt] += request.status == _CLEAN_REFUSAL
        if _is_doubtful(request):
            doubtful.add(prompt)
    return doubtful, refusals


def _is_doubtful(request: Request) -> bool:
    """Whether the response leaves open if the request was taken. A 503 in the provider's own words doesn't."""
    if request.status == _BUSY and "overloaded" in request.answer:
        return False
    return bool(request.fault) and request.status not in _CLEAR_ANSWERS | {_CLEAN_REFUSAL}


def begun_elsewhere(studios: Mapping[str, Studio]) -> set[str]:
    """The prompts of which a provider got a paid request while an earlier one at another provider was in doubt."""
    asked = [
        (request.at, name, own_prompt(str(request.fields.get("prompt"))), _is_doubtful(request))
        for name, studio in studios.items()
        for request in studio.requests
        if request.operation in PAID
    ]
    doubted: dict[str, str] = {}
    found: set[str] = set()
    for _, name, prompt, is_doubtful in sorted(asked):
        if doubted.get(prompt, name) != name:
            found.add(prompt)
        if is_doubtful:
            doubted.setdefault(prompt, name)
    return found


def count_world(
    stage: Stage,
    jobs: list[JobFacts],
    integrity: str,
    strange_exits: Sequence[int],
    forgotten: Sequence[ForgottenJob] = (),
) -> WorldFacts:
    """The counts of the whole run. `integrity` is "ok", or what is wrong with the database."""
    paid = {own_prompt(render.prompt) for render in stage.renders}
    known = {job.prompt for job in jobs} | {job.prompt for job in forgotten}
    return WorldFacts(
        paid_without_job=tuple(sorted(paid - known)),
        integrity=integrity,
        partial_files=tuple(path.name for bot in stage.bots for path in bot.data_dir.rglob("*.part")),
        tracebacks=sum(bot.log().count("Traceback") for bot in stage.bots),
        strange_exits=tuple(strange_exits),
        unknown_calls=tuple(stage.chat.unknown_routes),
        leaks=tuple(leak.path for studio in stage.studios.values() for leak in studio.leaks),
    )
