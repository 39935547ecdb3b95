"""Hostile words, wherever foreign text comes in, in every message there is: nothing pings, links, formats or hides."""

import json
import logging
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache, lru_cache
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.chat import cards, forms, lists
from bot.chat.cards import Message
from bot.chat.custom_ids import FormId, FormPurpose, FormSource, PageId, PageKind, searchable
from bot.chat.details import details
from bot.chat.views import DeliveryNote, DetailsView, Family, HistoryPage, JobView, Relative, StatusPage
from bot.chat.words import Key, refusal, say
from bot.jobs.catalogue import Catalogue
from bot.jobs.drafts import Draft, Offer, OfferKind
from bot.jobs.model import Cause, ChannelId, Job, JobId, MessageId, Place, UserId, VideoRequest
from bot.jobs.reasons import Reason, Refusal
from bot.jobs.rungs import Rung, Why
from bot.jobs.states import State
from bot.jobs.store.finding import Suggestion
from tests.figures import figure
from tests.readers import ENGLISH, READERS
from tests.unit.bot.chat.markup_judge import read

PAYLOADS = [
    # Mentions.
    "@everyone",
    "@here",
    "@\u200beveryone",
    "<@1>",
    "<@!1>",
    "<@&1>",
    "<#1>",
    "<id:customize>",
    "<@1><@&2>@everyone",
    "`<@1>`",
    "\\<@1>",
    # Commands, timestamps, emoji.
    "</video:1>",
    "</owner pause:123>",
    "<t:1700000000:R>",
    "<t:-1>",
    "<:x:1>",
    "<a:wave:2>",
    ":smile:",
    # Links.
    "https://evil.test/?a=b",
    "<https://evil.test>",
    "[free nitro](https://evil.test)",
    "[https://discord.com](https://evil.test 'title')",
    "![x](https://evil.test/a.png)",
    "discord://-/settings",
    "steam://run/1",
    "https://evil.test/`x`",
    # Markup.
    "**bold** *it* __under__ ~~gone~~ ||spoiler||",
    "# heading\n## heading\n-# small",
    "> quote\n>>> all",
    "- list\n1. list",
    "`",
    "``",
    "```",
    "```py\n@everyone\n```",
    "``` ` ``` @everyone",
    "\\`@everyone\\`",
    "a`b`@everyone`c",
    "\u1fef@everyone\u1fef",
    "\uff40@everyone\uff40",
    # Direction, things unseen, piles.
    "\u202egpj.exe\u202c",
    "\u2066\u2067\u2068x\u2069",
    "a\u200b\u200c\u200d\u2060\ufeffb",
    "\u00ad\u034f\u180e\u115f\u3164",
    "\U000e0041\U000e007f",
    "Z" + "\u0301\u0489" * 300,
    # Lines of a log, a terminal, a format, a template.
    'x\n{"event": "paused", "level": "warning"}',
    "x\r\n2026-01-01 [warning] paused by=1",
    "\x1b[2J\x1b[31mred\x07\x00",
    "x\u2028y\u2029z\x85w",
    "%s %d %(x)s {0} {x!v} {video} {{}}",
    "${jndi:ldap://evil.test}",
    "'; DROP TABLE jobs; --",
    "\ud800\udfff\uffff",
    "",
    " \t\n",
    "A" * 600,
]
LINK = "https://files.test/v.mp4?sig=a"
JUMP = "https://discord.com/channels/8/7/6"
OFFER = Offer(MessageId(123), UserId(42), JobId("K3M9Q2XA"), Place(ChannelId(7)), "draft", OfferKind.ASK, 1_060.0)
# What our own sentences hold of markup: the requester, the moment, the link we were given, emphasis.
OWN = {"mention", "timestamp", "link", "masked link", "style", "code"}
ABOUT: Any = [(cause, about) for cause in (Cause.CONTENT, Cause.INPUT, Cause.SIZE) for about in ("prompt", "picture")]
GAPS: dict[str, Any] = {
    "number": 1, "size": "1280x720", "least": 2, "room": 2, "first": 1, "second": 2,
    "limit": 3, "limit_bytes": 3, "free_at": 1.0, "size_bytes": 3, "when": 1.0, "seconds": 8, "position": 2,
    "count": 2, "percent": 3, "age": 3.0, "user": 42, "permissions": ["send_messages"], "video": "K3M9Q2XA",
    "minimum": 0, "maximum": 100,
}  # fmt: skip


def spoilt(job: Job, evil: str) -> Job:
    """The job with foreign text wherever there can be some."""
    # A setting that is empty isn't shown, and a length of digits alone is a number: neither is meant here.
    given = f"{evil}!"
    request = replace(job.request, prompt=evil, model=given, size=given, seconds=given, parent_id=JobId("AAAAAAAA"))
    return replace(job, request=request, remote_id=evil, about="prompt", provider=evil, reported=(("size", given),))


def about_a_job(job: Job, evil: str) -> Iterator[Message]:
    """Every message that can be said about a job or under a reply, and every answer of /status."""
    standing = [replace(job, state=state, progress=40) for state in State]
    standing += [replace(job, state=State.RENDERING, withheld=True), replace(job, state=State.CANCELLED, withheld=True)]
    for one in standing:
        yield cards.card(JobView(one, 1_001.0, 2, JUMP, JUMP), ENGLISH)
        family = Family((Relative(one, JUMP),), True, (Relative(one, None),), True)
        view = JobView(one, 1_001.0, 2, JUMP, JUMP, first_frame=b"jpeg")
        yield details(DetailsView(view, family, "files.test"), ENGLISH)
        yield details(DetailsView(JobView(one, 1_001.0, veiled=True)), ENGLISH)
    chosen = replace(job.request, model=None, size=None, seconds=None)
    made = tuple((name, job.request.model or "") for name in ("model", "resolution", "duration"))
    yield cards.card(JobView(replace(job, request=chosen, reported=made), 1_001.0, paused=True), ENGLISH)
    finished = JobView(job, 1_001.0, parent_link=JUMP)
    yield cards.video(finished, ENGLISH)
    yield cards.video_link(finished, ENGLISH, 1, LINK, DeliveryNote(Rung.LINK, Why.SIZE, limit_bytes=10_485_760))
    yield cards.video_link(finished, ENGLISH, 1, LINK + "a" * 3_000, DeliveryNote(Rung.LINK, Why.SIZE))
    for state in (State.FAILED, State.REFUSED, State.LOST, State.UNDELIVERABLE):
        for cause, about in [(None, None), *((cause, None) for cause in Cause), *ABOUT]:
            yield cards.failure(replace(job, state=state, cause=cause, about=about), ENGLISH)
    yield cards.late(job, ENGLISH)
    yield cards.slow(job, ENGLISH)
    for remote_id, at in ((None, None), (None, 1.0), (evil, None)):
        yield cards.unsure(replace(job, state=State.UNCERTAIN, remote_id=remote_id, answered_at=at), ENGLISH)
    yield cards.offer_question(OFFER, VideoRequest(evil), ENGLISH)
    yield cards.private_no("No room.", evil or " ", "a1b2", ENGLISH)
    yield lists.why(replace(job, state=State.REFUSED, cause=Cause.CONTENT), ENGLISH)
    views = tuple(JobView(one, 1_001.0, link=JUMP) for one in standing)
    yield lists.running_and_latest(StatusPage(views, 1, more=True), ENGLISH)
    page = PageId(PageKind.HISTORY, search=searchable(evil) or "x")
    for shown in (views, ()):
        yield lists.history(HistoryPage(page, shown, more=True), ENGLISH)
    for reason in Reason:
        named = GAPS | {"file": evil, "given": evil, "choices": [evil, evil]}
        named |= {"option": evil, "model": evil, "models": [evil, evil], "provider": evil, "providers": [evil]}
        if reason is Reason.PROMPT_TOO_LONG:
            named["given"] = 5_000
        yield Message(content=refusal(Refusal(reason, named), ENGLISH))
    for key in (Key.OWNER_PAUSED, Key.OWNER_PAUSED_FOR_NOW, Key.OWNER_RESUMED, Key.OWNER_LINKED):
        yield Message(content=say(key, ENGLISH, **GAPS))


def parts_of(message: Message) -> Iterator[str]:
    """Everything that can be read on it where Discord renders markup."""
    yield message.content
    if message.embed is not None:
        yield from (message.embed.title or "", message.embed.description or "")
    if message.layout is not None:
        yield from (block.text for block in message.layout.blocks)


def buttons_of(message: Message) -> list[str]:
    """The labels of its buttons."""
    shown = [*message.buttons]
    if message.layout is not None:
        shown += [button for block in message.layout.blocks for button in block.buttons]
    return [button.label for button in shown]


@lru_cache(maxsize=4_000)
def rendered(text: str) -> tuple[tuple[str, str], ...]:
    """What Discord would make of the text; many messages share theirs."""
    return tuple(read(text))


@lru_cache(maxsize=4_000)
def outside_code(text: str) -> str:
    """The text without its code spans, as Discord would take them."""
    for kind, written in rendered(text):
        if kind == "code":
            text = text.replace(written, "\N{OBJECT REPLACEMENT CHARACTER}", 1)
    return text


def shapes(messages: list[Message]) -> list[tuple[Any, ...]]:
    """What all the messages are but for their code spans."""
    return [(*map(outside_code, parts_of(message)), message.ping, *buttons_of(message)) for message in messages]


@cache
def harmless_shapes(job: Job) -> list[tuple[Any, ...]]:
    return shapes(list(messages_about(job, "fox")))


@lru_cache(maxsize=len(PAYLOADS) + 1)
def messages_about(job: Job, evil: str) -> tuple[Message, ...]:
    """Every message about a job with that text; composed once for all tests that look at it."""
    return tuple(about_a_job(spoilt(job, evil), evil))


def judge(job: Job, evil: str) -> None:
    messages = list(messages_about(job, evil))
    assert shapes(messages) == harmless_shapes(job)
    for message in messages:
        sent = message.ping
        assert sent in {None, 42}
        for text in parts_of(message):
            found = rendered(text)
            assert {kind for kind, _ in found} <= OWN, (evil, text)
            assert {written for kind, written in found if kind == "mention"} <= {"<@42>"}
            assert all(unicodedata.category(one) not in {"Cc", "Cf", "Cs"} for one in set(text) - {"\n"})


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize("evil", PAYLOADS, ids=range(len(PAYLOADS)))
def test_outside_of_code_spans_stand_only_our_own_words(job: Job, evil: str) -> None:
    """For any prompt, model, file name or id, messages differ only inside their code spans."""
    judge(job, evil)


@pytest.mark.slow
@pytest.mark.reliability
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=figure(25, 250))
@given(st.lists(st.sampled_from(PAYLOADS) | st.text(max_size=30), max_size=4).map("".join))
def test_no_mixture_of_them_gets_out_either(job: Job, evil: str) -> None:
    """The same of payloads run together with any text."""
    judge(job, evil)


@pytest.mark.slow
@pytest.mark.reliability
@pytest.mark.parametrize("evil", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_only_the_requester_can_be_pinged(job: Job, evil: str) -> None:
    """Discord gets no mention to parse, in every kind of message, with any text."""
    for message in messages_about(job, evil):
        allowed = cards.to_discord(message)["allowed_mentions"].to_dict()
        assert allowed == {"parse": [], "users": [42] if message.ping else []}


@pytest.mark.slow
@pytest.mark.parametrize("evil", PAYLOADS, ids=range(len(PAYLOADS)))
async def test_what_is_plain_for_discord_is_one_short_line(job: Job, evil: str) -> None:
    """Choices, titles of forms and labels of buttons, where no markup is rendered: one short line."""
    spoiled = spoilt(job, evil)
    form = forms.build(
        FormId(FormPurpose.REMIX, FormSource.DRAFT, "a1b2"),
        ENGLISH,
        Draft("a1b2", job.origin.user_id, job.origin.place, replace(job.request, prompt=evil), None, 1.0),
        Catalogue.of(["x", "y"], ["1280x720", "720x1280"], ["4", "8"]),
    )
    shown = [lists.choice_name(Suggestion(spoiled.id, evil, 1_000.0), 1_001.0, ENGLISH), form.title]
    shown += [label for message in messages_about(job, evil) for label in buttons_of(message)]
    for text in shown:
        assert 0 < len(text) <= 100
        assert text.isprintable()
    described = cards.video(JobView(spoiled, 1_001.0), ENGLISH).described
    assert described
    assert described.isprintable()


@pytest.mark.parametrize("locale", ["", "de", "en-US", *PAYLOADS[:10]])
def test_an_odd_language_is_english(job: Job, locale: str) -> None:
    """A locale is looked up and never shown."""
    assert cards.late(job, READERS.of(locale)) == cards.late(job, ENGLISH)


@pytest.mark.reliability
@pytest.mark.parametrize("evil", PAYLOADS, ids=range(len(PAYLOADS)))
def test_the_log_has_one_line_for_it(evil: str) -> None:
    """An event with the words as a value or as an exception is one line of JSON, with any content."""
    from bot.ops.logs import Redactor, _CleanFormatter  # only this test looks at a log

    formatter = _CleanFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ]
        ),
        Redactor(["token"]),
        one_line=True,
    )
    for message, args in ((evil, ()), ("said %s", (evil,))):
        line = formatter.format(logging.LogRecord("x", logging.INFO, "x.py", 1, message, args, None))
        assert len(line.splitlines()) == 1
        json.loads(line)


def test_every_field_of_a_request_that_is_text_is_spoilt(job: Job) -> None:
    """What is added to a request as text has to be added to this file, too."""
    evil = "evil"
    request = spoilt(job, evil).request
    assert {field.name for field in fields(request) if str(getattr(request, field.name)).startswith(evil)} == {
        "prompt", "model", "size", "seconds",
    }  # fmt: skip
