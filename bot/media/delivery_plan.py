"""The delivery ladder: from what is known about a finished video and its place to the ways of delivering it, each with
its reason. Pure.

The plan is made again with each new fact, such as a refusal; then its first step is taken
(docs/decisions/0025-delivery-ladder.md).
"""

from dataclasses import dataclass

from bot.jobs.denials import ENDS_PLACE, Denial
from bot.jobs.rungs import BY_FFMPEG, Rung, Why, why_of
from bot.jobs.upload_limits import MIB, UploadLimit
from bot.media.container import Container
from bot.media.encode_plan import EncodePlan, rates, smaller
from bot.media.ffmpeg_faults import FfmpegFault

# The shorter side in pixels of smaller videos, the best first.
_SHORT_SIDES = (1080, 720, 540, 480, 360, 240, 180, 144)


@dataclass(frozen=True, slots=True)
class DeliveryFacts:
    """What is known about a finished video and the place where it goes now. Sizes in bytes."""

    size_bytes: int
    # What files the place takes; and those of its requester's direct messages, None if it can't go there (any more).
    limit: UploadLimit
    direct_limit: UploadLimit | None = None
    # None if it couldn't be read.
    container: Container | None = None
    has_ffmpeg: bool = False
    # No file that ffmpeg makes may be larger.
    most_bytes: int = 100 * MIB
    # The last rung that ffmpeg began; and the size of the file that it made, if that is whole.
    begun: Rung | None = None
    made_bytes: int | None = None
    # Why Discord refuses the file there, other than for its size; and why it refuses any message there.
    file_denial: Denial | None = None
    place_denial: Denial | None = None
    # False once the provider has answered that there is no public link.
    may_link: bool = True
    # Whether the place is a public thread, so that there is a channel above it.
    is_thread: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryStep:
    """One rung with its reason. `encode` is how ffmpeg makes its file, if it encodes; `is_made`: the file is there."""

    rung: Rung
    why: Why
    encode: EncodePlan | None = None
    is_made: bool = False

    @property
    def posts_file(self) -> bool:
        """Whether the step is to upload a file that exists."""
        return self.rung is Rung.UPLOAD or self.is_made


def plan_delivery(facts: DeliveryFacts) -> tuple[DeliveryStep, ...]:
    """The ways that are left, the best first; the last one is always to keep the video."""
    steps: list[DeliveryStep] = []
    if facts.place_denial is None:
        if facts.file_denial is None:
            steps += _files(facts)
        if facts.may_link:
            steps.append(DeliveryStep(Rung.LINK, _why_no_file(facts)))
    steps += _elsewhere(facts)
    why = _why_no_file(facts) if facts.place_denial is None else why_of(facts.place_denial)
    return (*steps, DeliveryStep(Rung.KEEP, why))


def flaw_of(container: Container | None) -> Why | None:
    """Why some programs don't play the video inside of the message; None if all do, or if it is unknown."""
    if container is None or container.plays_inline:
        return None
    return Why.INDEX if container.is_copyable else Why.CODEC


def _files(facts: DeliveryFacts) -> list[DeliveryStep]:
    flaw, fits = flaw_of(facts.container), facts.limit.takes(facts.size_bytes)
    steps: list[DeliveryStep] = []
    if fits and flaw is None:
        steps.append(DeliveryStep(Rung.UPLOAD, _why_upload(facts)))
    if facts.begun is not None and facts.made_bytes is not None and facts.limit.takes(facts.made_bytes):
        steps.append(DeliveryStep(facts.begun, flaw if fits and flaw else Why.SIZE, is_made=True))
    if fits and flaw is not None:
        steps += [*_mended(facts, flaw), DeliveryStep(Rung.UPLOAD, flaw)]
    return steps + _shrunk(facts)


def _mended(facts: DeliveryFacts, flaw: Why) -> list[DeliveryStep]:
    """The video in a form that every program plays."""
    if flaw is Why.INDEX:
        return [DeliveryStep(Rung.REPACK, flaw)] if _may_begin(facts, Rung.REPACK) else []
    # H.264 takes more bytes than newer codecs for the same picture.
    plan = _as_large(facts, min(facts.limit.safe_bytes, facts.most_bytes))
    return [DeliveryStep(Rung.CONVERT, flaw, plan)] if plan and _may_begin(facts, Rung.CONVERT) else []


def _shrunk(facts: DeliveryFacts) -> list[DeliveryStep]:
    """The video with fewer bytes, as far as it doesn't look too poor."""
    target_bytes = min(facts.limit.safe_bytes, facts.most_bytes, facts.size_bytes)
    steps = [
        DeliveryStep(Rung.FIT, Why.SIZE, _as_large(facts, target_bytes)),
        DeliveryStep(Rung.SMALLER, Why.SIZE, _smaller(facts, target_bytes)),
    ]
    return [step for step in steps if step.encode is not None and _may_begin(facts, step.rung)]


def _may_begin(facts: DeliveryFacts, rung: Rung) -> bool:
    """Whether ffmpeg is there and has not begun that rung or a later one."""
    later = facts.begun is None or BY_FFMPEG.index(facts.begun) < BY_FFMPEG.index(rung)
    return facts.has_ffmpeg and later


def _as_large(facts: DeliveryFacts, target_bytes: int) -> EncodePlan | None:
    """An encode at the same size in pixels; None if that would be too poor, or can't be known."""
    source = facts.container
    if source is None or not source.width or not source.height:
        return None
    return _if_good(source, EncodePlan(target_bytes, source.width, source.height))


def _smaller(facts: DeliveryFacts, target_bytes: int) -> EncodePlan | None:
    """An encode at the largest smaller size in pixels that isn't too poor."""
    source = facts.container
    if source is None or not source.width or not source.height:
        return None
    for side in _SHORT_SIDES:
        if side < min(source.width, source.height):
            plan = _if_good(source, EncodePlan(target_bytes, *smaller(source.width, source.height, side)))
            if plan is not None:
                return plan
    return None


def _if_good(source: Container, plan: EncodePlan) -> EncodePlan | None:
    try:
        rates(source, plan)
    except FfmpegFault:
        return None
    return plan


def _elsewhere(facts: DeliveryFacts) -> list[DeliveryStep]:
    """Other places for the same video."""
    denial = facts.place_denial or facts.file_denial
    steps: list[DeliveryStep] = []
    if facts.is_thread and (facts.place_denial is Denial.GONE or facts.place_denial is Denial.CLOSED):
        steps.append(DeliveryStep(Rung.PARENT, why_of(facts.place_denial)))
    if facts.direct_limit is None or (facts.place_denial is not None and facts.place_denial not in ENDS_PLACE):
        return steps
    if denial is not None:
        steps.append(DeliveryStep(Rung.DM, why_of(denial)))
    elif not facts.limit.takes(facts.size_bytes) and facts.direct_limit.safe_bytes >= facts.size_bytes:
        steps.append(DeliveryStep(Rung.DM, Why.SIZE))
    return steps


def _why_upload(facts: DeliveryFacts) -> Why:
    return Why.FITS if facts.size_bytes <= facts.limit.safe_bytes else Why.MAY_FIT


def _why_no_file(facts: DeliveryFacts) -> Why:
    return Why.SIZE if facts.file_denial is None else why_of(facts.file_denial)
