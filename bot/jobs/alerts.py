"""Alerts to the bot's owners: their kinds, what is stored of each, and when one, or its all-clear, may be posted.

An alert is known by its kind and its subject, such as a provider's name: values in its sentence, such as a percentage,
make no new one. Times are seconds since the epoch (docs/decisions/0030-alerts.md).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from bot.jobs.limits import DAY_SECONDS

HOUR_SECONDS = 3600.0
# Of a kind with many subjects, such as servers, so many are posted in an hour; the others wait. Stuck videos may be
# many at once, by one fault.
_SUBJECTS_PER_HOUR = 5
_STUCK_PER_HOUR = 1
# One whose end is never noticed, such as on a machine that never comes back, is forgotten then.
_FORGOTTEN_SECONDS = 7 * DAY_SECONDS
_LOOK_AGAIN_SECONDS = 60.0


class AlertKind(StrEnum):
    """What the owners are alerted of. The values are stored and never renamed."""

    ACCOUNT = "account"
    KEY = "key"
    MODEL = "model"
    PROVIDER_DOWN = "provider_down"
    TWICE = "twice"
    UNCERTAIN = "uncertain"
    STORE = "store"
    POSTGRESQL = "postgresql"
    ROOM = "room"
    ROOM_PICTURES = "room_pictures"
    BACKUP = "backup"
    CLOCK = "clock"
    RESTORED = "restored"
    STUCK = "stuck"
    GATEWAY = "gateway"
    COMMANDS = "commands"
    UNDELIVERABLE = "undeliverable"
    SERVER_BUDGET = "server_budget"
    BOT_BUDGET = "bot_budget"

    @property
    def ends(self) -> bool:
        """Whether its cause lasts until it is over, so that an all-clear follows."""
        return self not in _EVENTS

    @property
    def rest_seconds(self) -> float:
        """How long one with the same subject isn't posted again."""
        return DAY_SECONDS if self in _DAILY else HOUR_SECONDS


_CEILINGS = frozenset({AlertKind.SERVER_BUDGET, AlertKind.BOT_BUDGET})
_DAILY = _CEILINGS | {AlertKind.BACKUP}
_EVENTS = _CEILINGS | {AlertKind.TWICE}
_OF_PROVIDERS = frozenset({AlertKind.ACCOUNT, AlertKind.KEY, AlertKind.PROVIDER_DOWN})
# Their subject is the machine's name where several processes share the database, else empty.
_OF_MACHINES = frozenset(
    {
        AlertKind.STORE,
        AlertKind.ROOM,
        AlertKind.ROOM_PICTURES,
        AlertKind.BACKUP,
        AlertKind.CLOCK,
        AlertKind.GATEWAY,
        AlertKind.COMMANDS,
    }
)
# Marks, in the names of an episode, that what it was about isn't set up any more; stored, so never renamed.
GONE = "gone"


class AlertState(StrEnum):
    """How far an alert is. The values are stored and never renamed."""

    DUE = "due"
    """It is to be posted, or its post was not confirmed."""
    POSTED = "posted"
    """It was posted, or could be posted to no owner, and its cause lasts."""
    ENDING = "ending"
    """The same for its all-clear."""
    OVER = "over"
    """Nothing more is posted of it."""


class Identity(NamedTuple):
    """What makes two alerts the same."""

    kind: AlertKind
    subject: str


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert from its cause's beginning to its end, as it is stored.

    `named` fills the gaps of its sentence. `alerted_at` is when it was last claimed or posted, `process` by which one.
    """

    kind: AlertKind
    subject: str
    began_at: float
    alerted_at: float
    process: str
    state: AlertState = AlertState.DUE
    named: Mapping[str, str | float] = field(default_factory=dict[str, str | float])
    delivered: bool = False
    over_at: float | None = None

    @property
    def identity(self) -> Identity:
        """Its kind and subject."""
        return Identity(self.kind, self.subject)


class Verdict(NamedTuple):
    """Whether a message may be posted: what to store before, or in how many seconds to look again.

    `must_search`: it may have been posted already. `is_held`: it is posted later, because there are too many now.
    `lasts` is the same alert as it was posted before, if this process may go on with it.
    """

    episode: Episode | None = None
    must_search: bool = False
    wait_seconds: float = 0.0
    is_held: bool = False
    lasts: Episode | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """What alerts can be about by the settings: providers, and their models as subjects, if models are named at all."""

    providers: Collection[str]
    models: Collection[str]
    is_shared: bool
    has_backups: bool


def is_gone(about: Identity, present: Present) -> bool:
    """Whether what the alert is about isn't set up any more, so that nothing can show that its cause is gone."""
    kind, subject = about
    if kind in _OF_PROVIDERS:
        return subject not in present.providers
    if kind is AlertKind.MODEL:
        return bool(present.models) and subject not in present.models
    if kind is AlertKind.POSTGRESQL:
        return not present.is_shared
    if kind is AlertKind.BACKUP and not present.has_backups:
        return True
    return kind in _OF_MACHINES and bool(subject) and not present.is_shared


def judge_alert(new: Episode, known: Collection[Episode], is_alive: Callable[[str], bool]) -> Verdict:
    """Whether the alert is posted now, by the process that it names.

    `known` are those that are stored; `is_alive` returns whether another process of that name still lives.
    """
    now, kind = new.alerted_at, new.kind
    same = next((one for one in known if one.identity == new.identity), None)
    is_anothers = same is not None and same.process != new.process and is_alive(same.process)
    if same is not None and same.state is AlertState.DUE:
        if is_anothers:
            return Verdict(wait_seconds=_LOOK_AGAIN_SECONDS)
        return Verdict(replace(same, process=new.process), must_search=True)
    if same is not None and 0.0 <= now - same.alerted_at < kind.rest_seconds:
        goes_on = same.state is AlertState.POSTED and not is_anothers
        return Verdict(wait_seconds=same.alerted_at + kind.rest_seconds - now, lasts=same if goes_on else None)
    if same is not None and same.state is AlertState.ENDING:
        return Verdict(wait_seconds=_LOOK_AGAIN_SECONDS)
    lately = [one.alerted_at for one in known if one.kind is kind and 0.0 <= now - one.alerted_at < HOUR_SECONDS]
    if len(lately) >= (_STUCK_PER_HOUR if kind is AlertKind.STUCK else _SUBJECTS_PER_HOUR):
        return Verdict(wait_seconds=min(lately) + HOUR_SECONDS - now, is_held=True)
    if same is None or same.state is AlertState.OVER:
        return Verdict(new, must_search=same is None)
    return Verdict(replace(new, began_at=same.began_at, delivered=same.delivered))


def judge_all_clear(ended: Episode, stored: Episode | None, is_alive: Callable[[str], bool]) -> Verdict:
    """Whether the all-clear of a delivered alert is posted now, by the process that it names.

    `stored` is the same alert as it is stored; None if the database could not store it.
    """
    ending = replace(ended, state=AlertState.ENDING)
    if stored is None:
        return Verdict(ending)
    if stored.state is AlertState.ENDING:
        if stored.process != ended.process and is_alive(stored.process):
            return Verdict(wait_seconds=_LOOK_AGAIN_SECONDS)
        return Verdict(replace(stored, process=ended.process), must_search=True)
    if stored.state is AlertState.OVER and (stored.over_at or stored.alerted_at) >= ended.began_at:
        # Another process has posted it.
        return Verdict()
    return Verdict(ending)


def is_forgotten(episode: Episode, now: float) -> bool:
    """Whether it has no effect any more, so that it need not be stored."""
    kept_seconds = episode.kind.rest_seconds if episode.state is AlertState.OVER else _FORGOTTEN_SECONDS
    return abs(now - episode.alerted_at) >= kept_seconds
