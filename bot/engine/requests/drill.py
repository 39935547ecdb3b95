"""`/owner drill`: takes a shipped video through what a paid one needs: disk, ffmpeg, plan, upload, edit, search, DM.

It makes no job and sends nothing to a provider. Its message is stored before it is posted, so that it is removed also
after a crash (`drill_removal`).
"""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import structlog

from bot.chat import cards, courier
from bot.chat.courier import DEFAULT_UPLOAD_LIMIT_BYTES, CourierFault, Parcel
from bot.engine.context import EngineContext, reader_of
from bot.engine.requests.drill_removal import SHOWN_SECONDS, DrillRemoval, belongs_to_drill
from bot.engine.requests.drill_video import DRILL_VIDEO
from bot.engine.requests.owner_actions import OwnerActions
from bot.jobs.database import StoreUnavailableError
from bot.jobs.drill import PROBLEM_OF, DrillFinding, DrillProblem, DrillReport, DrillStep
from bot.jobs.model import ChannelId, MessageId, Origin, new_job_id
from bot.jobs.reasons import Refusal
from bot.jobs.rungs import Rung
from bot.jobs.store import drills
from bot.jobs.store.drills import DrillPost
from bot.jobs.store.upload_limits import find_limit
from bot.jobs.upload_limits import MIB, judge_limit
from bot.media.container import read_container
from bot.media.delivery_plan import DeliveryFacts, plan_delivery
from bot.media.encode_plan import EncodePlan
from bot.media.ffmpeg_faults import FfmpegFault, NoRoom

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_ENCODED = EncodePlan(MIB, 320, 180)
_NAME = "drill.mp4"
_HISTORY_DENIED = 50013
# The steps that need a message, in their order.
_WITH_MESSAGE = (DrillStep.PLAN, DrillStep.UPLOAD, DrillStep.EDIT, DrillStep.HISTORY)
_log = structlog.stdlib.get_logger(__name__)


class Drill:
    """One for the process; several drills may run at once."""

    def __init__(self, context: EngineContext, owner_actions: OwnerActions, removal: DrillRemoval) -> None:
        self._context = context
        self._owner_actions = owner_actions
        self._removal = removal

    async def run(self, origin: Origin, no_place: Refusal | None) -> DrillReport | Refusal:
        """Try every step where the owner is. `no_place`: why no video could be requested there."""
        if refusal := self._owner_actions.refuse(origin.user_id):
            return refusal
        findings: list[DrillFinding] = []
        async with self._copy_on_disk(findings) as file:
            post = await self._store(origin, findings)
            findings.append(await self._try_ffmpeg(file))
            refused = self._context.rules.limits.allowlist.refuse_request(origin.place.guild_id) or no_place
            findings.append(DrillFinding(DrillStep.PLACE, refusal=refused))
            shown = None
            if refused is None:
                shown = await self._try_message(origin, post, file or DRILL_VIDEO, findings)
        done = {finding.step for finding in findings}
        findings += [DrillFinding(step, is_skipped=True) for step in _WITH_MESSAGE if step not in done]
        findings.append(await self._try_direct(origin))
        if shown is None:
            await self._forget_unposted(post, findings)
        _log.info("drill", by=origin.user_id, bad=[str(one.step) for one in findings if not one.is_good])
        return DrillReport(tuple(findings), None if shown is None else shown.remove_at)

    # ── without Discord ───────────────────────────────────────────────────────────────────────────────────────────

    @asynccontextmanager
    async def _copy_on_disk(self, findings: list[DrillFinding]) -> AsyncGenerator[Path | None]:
        """A copy of the video where finished ones are kept; None if the disk doesn't take it."""
        space, copy = self._context.fetcher.space, None
        finding = DrillFinding(DrillStep.DISK)
        try:
            await space.check()
            copy = await asyncio.to_thread(self._write_copy)
            if not await self._context.shelf.space.has_room():
                finding = DrillFinding(DrillStep.DISK, DrillProblem.DISK_NEARLY_FULL)
        except OSError as error:
            finding = DrillFinding(DrillStep.DISK, DrillProblem.DISK_FULL)
            if error.errno not in _FULL:
                fault = os.strerror(error.errno or errno.EIO)
                finding = DrillFinding(DrillStep.DISK, DrillProblem.DISK_BROKEN, named={"fault": fault})
        findings.append(finding)
        try:
            yield copy
        finally:
            if copy is not None:
                with suppress(OSError):
                    copy.unlink(missing_ok=True)

    def _write_copy(self) -> Path:
        """Write the video, and read it again. Raises OSError; blocks."""
        content = DRILL_VIDEO.read_bytes()
        path, file = self._context.fetcher.space.folder.create_partial()
        try:
            with file:
                file.write(content)
                os.fsync(file.fileno())
            if path.read_bytes() != content:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path

    async def _store(self, origin: Origin, findings: list[DrillFinding]) -> DrillPost:
        """Store that a message will have to be removed."""
        remove_at = self._context.clock.now() + SHOWN_SECONDS
        after = MessageId(int(origin.id))
        post = DrillPost(new_job_id(), origin.place.channel_id, after, remove_at)
        try:
            await self._context.database.write(drills.put_drill, post)
            findings.append(DrillFinding(DrillStep.DATABASE))
        except StoreUnavailableError as error:
            _log.warning("drill not stored", error=str(error))
            findings.append(DrillFinding(DrillStep.DATABASE, DrillProblem.DATABASE))
        return post

    async def _try_ffmpeg(self, file: Path | None) -> DrillFinding:
        step, ffmpeg = DrillStep.FFMPEG, self._context.ffmpeg
        if not ffmpeg.available:
            return DrillFinding(step, DrillProblem.FFMPEG_MISSING)
        if file is None:
            return DrillFinding(step, is_skipped=True)
        target = file.with_name(f"{file.stem}-made.part")
        try:
            await ffmpeg.encode(file, target, _ENCODED)
        except NoRoom:
            return DrillFinding(step, DrillProblem.DISK_FULL)
        except FfmpegFault as fault:
            _log.warning("ffmpeg failed", rung="drill", fault=str(fault), detail=fault.detail)
            return DrillFinding(step, DrillProblem.FFMPEG_BROKEN)
        finally:
            with suppress(OSError):
                target.unlink(missing_ok=True)
        return DrillFinding(step)

    # ── at Discord ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _try_message(
        self, origin: Origin, post: DrillPost, file: Path, findings: list[DrillFinding]
    ) -> DrillPost | None:
        """Plan, post, edit and find the message; what is stored of it, if it was posted."""
        plan = await self._try_plan(origin, file)
        findings.append(plan)
        database = next(finding for finding in findings if finding.step is DrillStep.DATABASE)
        if not database.is_good or plan.named.get("rung") is not Rung.UPLOAD:
            # A message that isn't stored might never be removed.
            return None
        posted: list[MessageId] = []
        findings.append(await self._judged(DrillStep.UPLOAD, lambda: self._post(origin, post, file, posted)))
        if not posted:
            return None
        shown = post._replace(message_id=posted[0], remove_at=self._context.clock.now() + SHOWN_SECONDS)
        await self._note_posted(shown)
        findings.append(await self._judged(DrillStep.EDIT, lambda: self._edit(origin, post, posted[0])))
        findings.append(await self._judged(DrillStep.HISTORY, lambda: self._find(post)))
        return shown

    async def _try_plan(self, origin: Origin, file: Path) -> DrillFinding:
        """What the ladder would do with it, and the largest file that the place takes."""
        context, guild_id, step = self._context, origin.place.guild_id, DrillStep.PLAN
        try:
            learned = await context.database.read(find_limit, guild_id)
        except StoreUnavailableError:
            return DrillFinding(step, DrillProblem.DATABASE)
        hint_bytes = await context.courier.upload_limit_bytes(guild_id)
        limit = judge_limit(learned, hint_bytes, origin.user_id, context.clock.now())
        facts = DeliveryFacts(
            size_bytes=(await asyncio.to_thread(file.stat)).st_size,
            limit=limit,
            container=await asyncio.to_thread(read_container, file),
            has_ffmpeg=context.ffmpeg.available,
            most_bytes=context.fetcher.max_bytes,
        )
        named: dict[str, object] = {"limit_bytes": limit.safe_bytes, "rung": plan_delivery(facts)[0].rung}
        is_small = limit.safe_bytes < (hint_bytes or DEFAULT_UPLOAD_LIMIT_BYTES)
        return DrillFinding(step, DrillProblem.SMALL_LIMIT if is_small else None, named=named)

    async def _judged(self, step: DrillStep, work: Callable[[], Awaitable[DrillProblem | None]]) -> DrillFinding:
        """Do one step at Discord; a fault becomes its problem."""
        try:
            return DrillFinding(step, await work())
        except courier.TooLarge:
            return DrillFinding(step, DrillProblem.TOO_LARGE)
        except courier.Refused as fault:
            if step is DrillStep.HISTORY and fault.code == _HISTORY_DENIED:
                return DrillFinding(step, DrillProblem.HISTORY)
            return DrillFinding(step, PROBLEM_OF[fault.denial], named={"code": fault.code})
        except courier.NotTaken:
            return DrillFinding(step, DrillProblem.AWAY)
        except CourierFault as fault:
            _log.info("drill without a clear answer", step=step, fault=str(fault))
            return DrillFinding(step, DrillProblem.UNCLEAR)

    async def _post(self, origin: Origin, post: DrillPost, file: Path, posted: list[MessageId]) -> DrillProblem | None:
        message = cards.drill(post.code, reader_of(self._context, origin))
        parcel = Parcel(post.channel_id, message, f"drill-{origin.id}", file=file, file_name=_NAME)
        message_id = await self._context.courier.post(parcel)
        if message_id is None:
            return DrillProblem.UNCLEAR
        posted.append(message_id)
        return None

    async def _edit(self, origin: Origin, post: DrillPost, message_id: MessageId) -> DrillProblem | None:
        message = cards.drill(post.code, reader_of(self._context, origin), edited=True)
        was_there = await self._context.courier.edit(post.channel_id, message_id, message)
        return None if was_there else DrillProblem.GONE

    async def _find(self, post: DrillPost) -> DrillProblem | None:
        found = await self._context.courier.find(post.channel_id, post.after, belongs_to_drill(post.code))
        return DrillProblem.HISTORY if found is None else None

    async def _try_direct(self, origin: Origin) -> DrillFinding:
        """Whether the owner's direct messages take what can't be posted elsewhere; the message goes at once."""
        if origin.place.guild_id is None:
            return DrillFinding(DrillStep.DIRECT, is_skipped=True)
        reader = self._context.readers.of(origin.locale)

        async def post() -> None:
            channel_id: ChannelId = await self._context.courier.open_dm(origin.user_id)
            parcel = Parcel(channel_id, cards.drill_direct(reader), f"drill+{origin.id}")
            message_id = await self._context.courier.post(parcel)
            if message_id is not None:
                # That it was posted is what was asked.
                with suppress(CourierFault):
                    await self._context.courier.delete(channel_id, message_id)

        return await self._judged(DrillStep.DIRECT, post)

    async def _note_posted(self, post: DrillPost) -> None:
        try:
            await self._context.database.write(drills.put_drill, post)
        except StoreUnavailableError as error:
            # Then it is searched for.
            _log.warning("drill not stored", error=str(error))
        self._removal.expect()

    async def _forget_unposted(self, post: DrillPost, findings: list[DrillFinding]) -> None:
        """Nothing has to be removed, unless the message may be there all the same."""
        if any(one.step is DrillStep.UPLOAD and one.problem is DrillProblem.UNCLEAR for one in findings):
            self._removal.expect()
            return
        with suppress(StoreUnavailableError):
            await self._context.database.write(drills.drop_drill, post.code)
