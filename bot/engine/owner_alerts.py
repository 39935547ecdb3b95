"""Operator alerts: in the log and to the owners, each at most once an hour, and an all-clear when the cause is gone.

Any part calls `alert` as often as it meets the cause, and `over` as often as it sees that the cause is gone. One loop
posts. What was posted is stored, so that it holds for all processes and across restarts
(docs/decisions/0030-alerts.md).
"""

import asyncio
import math
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from bot.chat import words
from bot.chat.words import ENGLISH, Reader, Readers
from bot.engine.alert_posting import Letter, Outcome, OwnerMail
from bot.engine.signals import Signals
from bot.jobs.alerts import (
    GONE,
    AlertKind,
    AlertState,
    Episode,
    Identity,
    Present,
    Verdict,
    is_gone,
    judge_alert,
)
from bot.jobs.backoff import full_jitter
from bot.jobs.database import Database, GenerationNotStoredError, MustEndError, StoreUnavailableError
from bot.jobs.store import alerts
from bot.ops.clock import Clock

# A cause must be gone for so long before the all-clear.
QUIET_SECONDS = 120.0
_ROUND_SECONDS = 60.0
_RETRY_SECONDS_MAX = 300.0
# While the database can't be asked, processes post at different times, and search the history for each other's.
_APART_SECONDS = 20.0
_STANDING_MAX = 1_000
_log = structlog.stdlib.get_logger(__name__)

Checks = Callable[[], Awaitable[None]]
"""Looks for causes that no other part meets, and for the end of some."""


@dataclass(slots=True)
class _Standing:
    """An alert as this process knows it. Times without a note are monotonic."""

    episode: Episode
    # Whether it is to be claimed for a post; and from when on it may be.
    is_wanted: bool = False
    may_claim_at: float = -math.inf
    # Until when it isn't logged and wanted again.
    rests_until: float = -math.inf
    # Since when the cause is gone; the moment itself is in the episode.
    quiet_since: float | None = None
    letter: Letter | None = None
    post_at: float = -math.inf
    is_stored: bool = True

    @property
    def ends_at(self) -> float:
        """When its all-clear is due; never while it isn't over, or was not delivered."""
        return math.inf if self.quiet_since is None else self.quiet_since + QUIET_SECONDS


class OwnerAlerts:
    """One for the process. `alert` and `over` return at once; `run` posts."""

    def __init__(
        self, mail: OwnerMail, clock: Clock, readers: Readers, database: Database, process: str, machine: str = ""
    ) -> None:
        """`machine` names this one where several processes share the database."""
        self._mail = mail
        self._clock = clock
        self._readers = readers
        self._database = database
        self._process = process
        self._machine = machine
        self._standing: dict[Identity, _Standing] = {}
        self._is_taken_up = False
        self._changed = asyncio.Event()

    def alert(self, kind: AlertKind, subject: str = "", **named: str | float) -> None:
        """Alert the owners of that cause, unless they were lately. `named` fills the gaps of its sentence."""
        now, identity = self._clock.monotonic(), Identity(kind, subject)
        standing = self._standing.get(identity)
        if standing is None:
            if len(self._standing) >= _STANDING_MAX:
                _log.error("owner alert only logged", kind=kind, subject=subject, what=self._sentence(kind, named))
                return
            at = self._clock.now()
            standing = self._standing[identity] = _Standing(Episode(kind, subject, at, at, self._process, named=named))
        if standing.quiet_since is not None and standing.episode.state is not AlertState.ENDING:
            standing.quiet_since = None
        if now < standing.rests_until:
            return
        _log.error("owner alert", kind=kind, subject=subject, what=self._sentence(kind, named))
        standing.rests_until = now + kind.rest_seconds
        standing.episode = replace(standing.episode, named=named)
        standing.is_wanted = True
        self._changed.set()

    def alert_here(self, kind: AlertKind, **named: str | float) -> None:
        """The same for a cause on this machine."""
        machine = {"machine": self._machine} if self._machine else {}
        self.alert(kind, self._machine, **machine, **named)

    def alert_store(self, error: StoreUnavailableError) -> None:
        """The same for a database in trouble."""
        if isinstance(error, GenerationNotStoredError) or not self._database.is_shared:
            self.alert_here(AlertKind.STORE)
        elif not isinstance(error, MustEndError):
            self.alert(AlertKind.POSTGRESQL)

    def over(self, kind: AlertKind, subject: str = "") -> None:
        """The cause is gone, as something that has just happened shows. Without an alert nothing follows."""
        standing = self._standing.get(Identity(kind, subject))
        if standing is not None and standing.quiet_since is None:
            standing.quiet_since = self._clock.monotonic()
            standing.episode = replace(standing.episode, over_at=self._clock.now())
            self._changed.set()

    def end_gone(self, present: Present) -> None:
        """End those about what isn't set up any more; their all-clear says so."""
        for identity, standing in tuple(self._standing.items()):
            if standing.quiet_since is None and is_gone(identity, present):
                standing.episode = replace(standing.episode, named={**standing.episode.named, GONE: "yes"})
                self.over(*identity)

    def over_here(self, kind: AlertKind) -> None:
        """The same for a cause on this machine."""
        self.over(kind, self._machine)

    def lasts(self, kind: AlertKind, subject: str | None = None) -> bool:
        """Whether an alert of that kind (with that subject, if one is given) waits to be over."""
        return any(
            identity.kind is kind and subject in (None, identity.subject) and standing.quiet_since is None
            for identity, standing in self._standing.items()
        )

    def lasts_here(self, kind: AlertKind) -> bool:
        """The same for a cause on this machine."""
        return self.lasts(kind, self._machine)

    async def run(self, check: Checks) -> None:
        """Post alerts and all-clears, until cancelled; `check` runs once a minute."""
        round_at = -math.inf
        while True:
            self._changed.clear()
            now = self._clock.monotonic()
            is_round = now >= round_at
            if is_round:
                await self._take_up()
                await check()
                round_at = now + _ROUND_SECONDS
            due = [identity for identity, one in self._standing.items() if is_round or self._due_at(one) <= now]
            await asyncio.gather(*map(self._step, due))
            due_at = min(map(self._due_at, self._standing.values()), default=math.inf)
            await Signals.wait(self._changed, self._clock, max(min(due_at, round_at) - self._clock.monotonic(), 0.0))

    async def _take_up(self) -> None:
        """Take up what earlier processes, or others that have ended, have left."""
        if self._is_taken_up and not self._database.is_shared:
            return
        try:
            found = await self._database.read(alerts.find_alerts, self._process)
        except StoreUnavailableError as error:
            self.alert_store(error)
            return
        self._is_taken_up = True
        if self._database.is_shared:
            self.over(AlertKind.POSTGRESQL)
        for episode in found:
            standing = self._standing.get(episode.identity)
            if standing is None:
                standing = self._standing[episode.identity] = _Standing(replace(episode, process=self._process))
                standing.is_wanted = episode.state is AlertState.DUE
                if episode.state is AlertState.ENDING:
                    standing.quiet_since = -math.inf
            elif episode.state is AlertState.POSTED:
                self._go_on(standing, episode)

    def _go_on(self, standing: _Standing, posted: Episode) -> None:
        """What this process met was posted before, by one that has ended."""
        if standing.letter is None and not standing.episode.delivered:
            known = standing.episode
            standing.episode = replace(posted, process=self._process, named=known.named, over_at=known.over_at)

    def _due_at(self, standing: _Standing) -> float:
        """When something is to be done with it."""
        if standing.quiet_since is not None and not standing.episode.delivered:
            return standing.may_claim_at
        if standing.letter is not None:
            return standing.post_at
        return max(standing.may_claim_at, -math.inf if standing.is_wanted else standing.ends_at)

    async def _step(self, identity: Identity) -> None:
        """Do what is due with it: claim it, post it, store what came of it, forget it."""
        standing = self._standing[identity]
        if standing.quiet_since is not None and standing.episode.state is AlertState.DUE:
            # Of what is over no owner is alerted any more.
            standing.letter, standing.is_wanted = None, False
        if standing.letter is None and self._due_at(standing) <= self._clock.monotonic():
            if standing.is_wanted:
                await self._claim(standing)
            elif standing.episode.delivered:
                await self._end(standing)
            else:
                await self._drop(standing)
        if standing.letter is not None and standing.post_at <= self._clock.monotonic():
            await self._post(standing, standing.letter)
        if not standing.is_stored:
            await self._store(standing)
        if self._is_settled(standing):
            del self._standing[identity]

    async def _drop(self, standing: _Standing) -> None:
        """Forget an alert whose cause is gone before an owner was alerted."""
        try:
            await self._database.write(alerts.drop_undelivered, standing.episode.identity, self._process)
        except StoreUnavailableError as error:
            _log.warning("owner alert not forgotten", error=str(error))
            standing.may_claim_at = self._clock.monotonic() + _ROUND_SECONDS
        else:
            standing.episode = replace(standing.episode, state=AlertState.OVER)

    async def _claim(self, standing: _Standing) -> None:
        """Claim the right to post the alert, and write its letter."""
        now, at, known = self._clock.monotonic(), self._clock.now(), standing.episode
        if known.state is AlertState.OVER:
            # The cause is back.
            standing.quiet_since, known = None, replace(known, began_at=at, delivered=False)
        new = replace(known, alerted_at=at, process=self._process, state=AlertState.DUE, over_at=None)
        apart_seconds = 0.0
        try:
            sentence = self._sentence(new.kind, new.named)
            verdict = await self._database.write(alerts.claim_alert, new, sentence)
            standing.is_stored = True
        except StoreUnavailableError:
            verdict = Verdict(judge_alert(new, (), _nobody).episode, must_search=True)
            standing.is_stored = False
            apart_seconds = random.uniform(0.0, _APART_SECONDS) if self._database.is_shared else 0.0  # noqa: S311  # spreads load, guards nothing
        if verdict.episode is None:
            standing.may_claim_at = now + verdict.wait_seconds
            if verdict.is_held:
                _log.warning("owner alert held back", kind=new.kind, subject=new.subject, seconds=verdict.wait_seconds)
            elif verdict.wait_seconds > _ROUND_SECONDS:
                # Lately posted: the next one is that of the first cause after that.
                standing.is_wanted, standing.rests_until = False, standing.may_claim_at
                standing.may_claim_at = -math.inf
            if verdict.lasts is not None:
                self._go_on(standing, verdict.lasts)
            return
        standing.episode, standing.is_wanted = verdict.episode, False
        standing.letter, standing.post_at = self._alert_letter(standing.episode, verdict), now + apart_seconds

    async def _end(self, standing: _Standing) -> None:
        """Claim the right to post the all-clear, and write its letter."""
        now = self._clock.monotonic()
        try:
            verdict = await self._database.write(alerts.claim_all_clear, standing.episode)
        except StoreUnavailableError as error:
            _log.warning("all-clear not posted yet", error=str(error))
            standing.may_claim_at = now + _ROUND_SECONDS
            return
        if verdict.episode is not None:
            standing.episode, standing.is_stored = verdict.episode, True
            standing.letter, standing.post_at = self._all_clear_letter(standing.episode, verdict), now
        elif verdict.wait_seconds:
            standing.may_claim_at = now + verdict.wait_seconds
        else:
            standing.episode = replace(standing.episode, state=AlertState.OVER)

    async def _post(self, standing: _Standing, letter: Letter) -> None:
        """Post the letter, or try again later for as long as it takes."""
        outcome = await self._mail.post(letter)
        now = self._clock.monotonic()
        if outcome is Outcome.LATER:
            jitter_seconds = full_jitter(letter.tries, max_seconds=_RETRY_SECONDS_MAX)
            standing.post_at = now + max(letter.retry_after_seconds, jitter_seconds)
            return
        episode = standing.episode
        is_end = episode.state is AlertState.ENDING or not episode.kind.ends
        changes: dict[str, object] = {"state": AlertState.OVER if is_end else AlertState.POSTED}
        if episode.state is AlertState.DUE:
            changes["delivered"] = episode.delivered or outcome is Outcome.POSTED
            if letter.tries > 1:
                # The next one is due an hour after the owners got this one.
                changes["alerted_at"] = self._clock.now()
                standing.rests_until, standing.is_wanted = now + episode.kind.rest_seconds, False
        standing.episode, standing.letter, standing.is_stored = replace(episode, **changes), None, False

    async def _store(self, standing: _Standing) -> None:
        try:
            await self._database.write(alerts.put_alert, standing.episode)
            standing.is_stored = True
        except StoreUnavailableError as error:
            _log.warning("owner alert not stored yet", error=str(error))

    def _is_settled(self, standing: _Standing) -> bool:
        """Whether nothing more follows, and it may be logged and wanted again: its row knows the rest."""
        is_over = standing.episode.state is AlertState.OVER and standing.is_stored and standing.letter is None
        is_done = standing.quiet_since is not None or self._clock.monotonic() >= standing.rests_until
        return is_over and is_done and not standing.is_wanted

    def _alert_letter(self, episode: Episode, verdict: Verdict) -> Letter:
        reader, kind = self._reader(), episode.kind
        text = words.alert(kind, reader, episode.named)
        # A version before posted the sentence alone.
        known_as = frozenset({text, self._sentence(kind, episode.named)})
        # Earlier posts of this process are older than the pause, and don't count.
        back_seconds = kind.rest_seconds if verdict.must_search else kind.rest_seconds / 2
        since = episode.alerted_at - back_seconds
        letter_id = f"{kind} {episode.subject} {episode.alerted_at!r}"
        return Letter(letter_id, text, known_as, since, must_search=verdict.must_search)

    def _all_clear_letter(self, episode: Episode, verdict: Verdict) -> Letter:
        over_at = self._clock.now() if episode.over_at is None else episode.over_at
        text = words.all_clear(episode.kind, self._reader(), over_at - episode.began_at, episode.named)
        letter_id = f"{episode.kind} {episode.subject} {over_at!r} over"
        since = over_at - episode.kind.rest_seconds / 2
        return Letter(letter_id, text, frozenset({text}), since, must_search=verdict.must_search)

    def _sentence(self, kind: AlertKind, named: Mapping[str, str | float]) -> str:
        return words.alert_sentence(kind, self._reader(), named)

    def _reader(self) -> Reader:
        return self._readers.of(ENGLISH)


def _nobody(_process: str) -> bool:
    """While the database can't be asked, no process is known to live."""
    return False
