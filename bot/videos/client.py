"""The client of a Videos API server over aiohttp: one call, one response.

Each paid request has its own connection, because on a kept-alive one a stale socket looks like "maybe accepted"; it
follows no redirect. The key is set per request and only towards the API's own origin (docs/facts/provider.md, "Keys and
redirects").
"""

import asyncio
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from bot.jobs.model import Cause
from bot.ops.clock import Clock
from bot.videos.cancel_responses import judge_cancel
from bot.videos.causes import Sent
from bot.videos.connections import ANSWER_MAX_BYTES, once, open_session, read_body
from bot.videos.dialects import Dialect
from bot.videos.error_bodies import escaped
from bot.videos.improving import CHAT_PATH, improving_request, read_improved
from bot.videos.observing import Report, RequestKind, ignore, observed
from bot.videos.private_network import connector_to
from bot.videos.provider_faults import (
    Doubtful,
    Leaving,
    NotImproved,
    NotSent,
    PollFailed,
    PollForbidden,
    RequestRefused,
    VideosFault,
)
from bot.videos.request_bodies import Body
from bot.videos.sendable import judge_needs, needs_of_order
from bot.videos.spending import SpendGuard
from bot.videos.submit_responses import RawResponse, ResponseContext, judge_list, judge_poll, judge_submit
from bot.videos.urls import normalise_base, same_origin
from bot.videos.values import CancelOutcome, CancelResult, Endpoint, Order, RemoteVideo, Timeouts

LIST_MAX_BYTES = 8 * 1024 * 1024
_LIST_LIMIT = 100
# Parsing more than this would block the event loop.
_AT_ONCE_BYTES = 256 * 1024
# The most polls that may be under way.
POLL_CONNECTIONS = 200
POLL_REDIRECTS = 3
_STRANGE_WORDS_MAX = 100
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

logger = logging.getLogger(__name__)


class VideosClient:
    """One provider, one key, one dialect. Use it inside one event loop and `close()` it at the end."""

    def __init__(
        self,
        endpoint: Endpoint,
        dialect: Dialect,
        guard: SpendGuard,
        clock: Clock,
        timeouts: Timeouts | None = None,
        report: Report = ignore,
    ) -> None:
        """Raises ValueError with one sentence when the base URL or the key can't be used. Opens nothing yet."""
        if not endpoint.api_key or not endpoint.api_key.isascii() or not endpoint.api_key.isprintable():
            raise ValueError("The key of the Videos API must be plain characters.")
        self.provider = normalise_base(endpoint.base_url)
        self._endpoint = endpoint
        self.account = endpoint.account
        self.dialect = dialect
        self._guard = guard
        self.clock = clock
        self.report = report
        self._timeouts = timeouts or Timeouts()
        self._sessions: tuple[aiohttp.ClientSession, aiohttp.ClientSession] | None = None
        self._strange_words: set[str] = set()
        self._leaving = False
        self._probe = 0
        self._first_probe_works = False

    @property
    def leaving(self) -> bool:
        """Whether no paid request may start any more."""
        return self._leaving

    def leave(self) -> None:
        """Start no further paid request; a running one goes on. For good: the process ends."""
        self._leaving = True

    async def create(self, order: Order) -> RemoteVideo:
        """Pay for a new video. Raises `SubmitFault`: see its subclasses for what may be repeated."""
        return await self._submit(order, None)

    async def remix(self, parent_remote_id: str, order: Order) -> RemoteVideo:
        """Pay for a new video made from a finished one of this provider. Raises `SubmitFault`."""
        return await self._submit(order, parent_remote_id)

    @observed(RequestKind.POLL)
    async def poll(self, remote_id: str) -> RemoteVideo:
        """Poll a video. Costs nothing and may be repeated. Raises `PollFault`."""
        path = self.dialect.poll_path(remote_id)
        try:
            async with asyncio.timeout(self._timeouts.poll_total_seconds):
                answer = await self._get(path)
        except (aiohttp.ClientError, OSError) as error:
            raise PollFailed(detail=self._detail(error)) from error
        return self._outcome(judge_poll(answer, self._asked(remote_id)))

    @observed(RequestKind.CANCEL)
    async def cancel(self, remote_id: str) -> CancelResult:
        """Ask once for a render to be stopped. Costs nothing, raises nothing; a poll shows what became of the video.

        REFUSED without a status if the dialect has no such request, or no connection was made.
        """
        path = self.dialect.cancel_path(remote_id)
        if path is None:
            return CancelResult(CancelOutcome.REFUSED)
        answer: RawResponse | None = None
        try:
            async with (
                asyncio.timeout(self._timeouts.poll_total_seconds),
                # A connection of its own, which is closed afterwards: none of those that the polls share.
                self._submit_session().delete(
                    self._url(path), headers=self._headers(), allow_redirects=False, middlewares=(once,)
                ) as response,
            ):
                answer = RawResponse(response.status, response.headers, None)
                answer = replace(answer, body=await read_body(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return CancelResult(CancelOutcome.REFUSED, detail=self._detail(error))
        except (aiohttp.ClientError, OSError) as error:
            if answer is None:
                return CancelResult(CancelOutcome.UNCLEAR, detail=self._detail(error))
        return judge_cancel(answer, self._asked(remote_id))

    @observed(RequestKind.LIST)
    async def list_recent(self, limit: int = _LIST_LIMIT) -> list[RemoteVideo]:
        """The latest videos of this account, with the list's facts about each. Costs nothing and may be repeated.

        Raises `PollFault`; `NoList` if there is no list.
        """
        answer = await self.read_list(self.dialect.list_path(limit))
        asked = self._asked(None)
        if answer.body is not None and len(answer.body) > _AT_ONCE_BYTES:
            judged = await asyncio.to_thread(judge_list, answer, asked)
        else:
            judged = judge_list(answer, asked)
        if isinstance(judged, VideosFault):
            raise judged
        return list(judged)

    async def read_list(self, path: str) -> RawResponse:
        """The response to a free GET below the base URL, with a body of at most 8 MiB. Raises `PollFailed`."""
        try:
            async with asyncio.timeout(self._timeouts.poll_total_seconds):
                return await self._get(path, LIST_MAX_BYTES)
        except (aiohttp.ClientError, OSError) as error:
            raise PollFailed(detail=self._detail(error)) from error

    @observed(RequestKind.PROBE)
    async def ping(self) -> None:
        """The probe: return if the provider works. Any response below 500 will do, except one that refuses the key.

        Where the first probe has never worked, only that request may be broken: then the next one takes its place.
        Raises `PollFailed` if it doesn't work, `PollForbidden` if the key is refused.
        """
        paths = self.dialect.probe_paths
        status = await self._status_of(paths[self._probe])
        if status >= 500 and status != 501:
            if not self._first_probe_works:
                self._probe = (self._probe + 1) % len(paths)
            raise PollFailed(status=status)
        self._first_probe_works |= self._probe == 0
        if status in (401, 403):
            raise PollForbidden(status=status)

    @observed(RequestKind.CHAT)
    async def improve_prompt(self, model: str, prompt: str, *, is_remix: bool = False) -> str:
        """A better version of the prompt by that chat model of the same provider: one request, never repeated.

        Raises `NotImproved`, which says nothing about the provider's videos.
        """
        body = improving_request(model, prompt, is_remix=is_remix)
        headers = {**self._headers(), "Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(self._timeouts.chat_total_seconds),
                self._submit_session().post(
                    self._url(CHAT_PATH), data=body, headers=headers, allow_redirects=False, middlewares=(once,)
                ) as response,
            ):
                answer = await read_body(response)
        except (aiohttp.ClientError, OSError) as error:
            raise NotImproved(detail=self._detail(error)) from error
        improved = read_improved(answer) if response.status == 200 else None
        if improved is None:
            raise NotImproved(status=response.status)
        return improved

    async def _status_of(self, path: str) -> int:
        """The status of the response to a free request. Raises `PollFailed` without one."""
        try:
            async with (
                asyncio.timeout(self._timeouts.poll_total_seconds),
                self._poll_session().get(self._url(path), headers=self._headers(), allow_redirects=False) as response,
            ):
                status = response.status
                response.close()
        except (aiohttp.ClientError, OSError) as error:
            raise PollFailed(detail=self._detail(error)) from error
        return status

    def content_url(self, remote_id: str) -> str:
        """The address of a finished video's bytes when it has no URL of its own; it needs the key."""
        return f"{self.provider}/{self.dialect.content_path(remote_id)}"

    def key_for(self, url: str) -> str | None:
        """The bare key if the URL's scheme, host and port are the API's, else None. Call it again on every redirect."""
        return self._endpoint.api_key if same_origin(url, self.provider) else None

    async def close(self) -> None:
        """Close all connections. The client cannot be used afterwards."""
        for session in self._sessions or ():
            await session.close()

    @observed(RequestKind.SUBMIT)
    async def _submit(self, order: Order, parent_remote_id: str | None) -> RemoteVideo:
        dialect = self.dialect
        if (misfit := judge_needs(dialect, needs_of_order(order))) is not None:
            raise misfit
        with ExitStack() as files:
            try:
                if parent_remote_id is None:
                    request = await dialect.create(order, files)
                else:
                    request = await dialect.remix(parent_remote_id, order, files)
            except OSError as error:
                raise RequestRefused(
                    cause=Cause.INPUT,
                    about="picture",
                    field="input_reference",
                    detail=self._detail(error),
                ) from error
            # The last moment at which surely nothing was sent.
            if self._leaving or (order.send_before is not None and self.clock.monotonic() > order.send_before):
                raise Leaving
            self._guard.spend()
            answer = await self._post(self._url(request.path), request.body, order)
        sent = Sent(prompt=order.prompt, model=order.model or "")
        return self._outcome(judge_submit(answer, replace(self._asked(parent_remote_id), sent=sent)))

    async def _post(self, url: URL, body: Body, order: Order) -> RawResponse:
        """Send one paid request. A cancellation passes through untouched: the caller handles it."""
        total = self._timeouts
        deadline = total.submit_with_files_total_seconds if order.references else total.submit_total_seconds
        headers = {**self._headers(), **body.headers, "Idempotency-Key": order.idempotency_key}
        answer: RawResponse | None = None
        try:
            async with (
                asyncio.timeout(deadline),
                self._submit_session().post(url, data=body.data, headers=headers, allow_redirects=False) as response,
            ):
                answer = RawResponse(response.status, response.headers, None)
                answer = replace(answer, body=await read_body(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSent(detail=self._detail(error)) from error
        except (aiohttp.ClientError, OSError) as error:
            # With a status the broken body counts as unreadable; without one, the outcome is unknown.
            if answer is None:
                raise Doubtful(detail=self._detail(error)) from error
        return answer

    async def _get(self, path: str, max_bytes: int = ANSWER_MAX_BYTES) -> RawResponse:
        """Poll, following up to three redirects that stay at the API's origin; any other is the response itself."""
        target = self._url(path)
        for hop in range(POLL_REDIRECTS + 1):
            async with self._poll_session().get(target, headers=self._headers(), allow_redirects=False) as response:
                onward = self._onward(response) if hop < POLL_REDIRECTS else None
                if onward is None:
                    return RawResponse(response.status, response.headers, await read_body(response, max_bytes))
            target = onward
        raise AssertionError("the last hop always answers")

    def _onward(self, response: aiohttp.ClientResponse) -> URL | None:
        location = response.headers.get("Location")
        if response.status not in _REDIRECTS or not location:
            return None
        try:
            onward = urljoin(str(response.url), location)
            return URL(onward) if same_origin(onward, self.provider) else None
        except ValueError:
            return None

    def _outcome(self, judged: RemoteVideo | VideosFault) -> RemoteVideo:
        if isinstance(judged, VideosFault):
            raise judged
        word = judged.raw_status
        seen = self._strange_words
        if word and not self.dialect.knows_word(word) and word not in seen and len(seen) < _STRANGE_WORDS_MAX:
            seen.add(word)
            logger.warning("The provider calls a video %r, a word unknown here; taken as still running.", word)
        return judged

    def _url(self, path: str) -> URL:
        return URL(f"{self.provider}/{path}", encoded=True)

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._endpoint.api_key}", "Accept-Encoding": "identity"}

    def _asked(self, remote_id: str | None) -> ResponseContext:
        return ResponseContext(self.dialect, self.provider, self.clock.now(), self._endpoint.api_key, remote_id)

    def _detail(self, error: Exception) -> str:
        return escaped(f"{type(error).__name__}: {error}", self._endpoint.api_key)

    def _submit_session(self) -> aiohttp.ClientSession:
        return self._open()[0]

    def _poll_session(self) -> aiohttp.ClientSession:
        return self._open()[1]

    def _open(self) -> tuple[aiohttp.ClientSession, aiohttp.ClientSession]:
        """The two sessions, opened at the first request since aiohttp needs a running loop. Neither holds the key."""
        if self._sessions is None:
            times = self._timeouts
            self._sessions = (
                open_session(
                    connector_to(self.provider, force_close=True, limit=0),
                    aiohttp.ClientTimeout(connect=times.connect_seconds, sock_read=times.submit_silence_seconds),
                ),
                open_session(
                    connector_to(self.provider, limit=POLL_CONNECTIONS),
                    aiohttp.ClientTimeout(connect=times.connect_seconds, sock_read=times.poll_silence_seconds),
                ),
            )
        return self._sessions
