"""P4: nothing that is secret leaves the process, though it logs all it can and nearly everything goes wrong."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio

from bot.chat.custom_ids import Action
from sandbox.chat import Call, Fault, Person
from sandbox.chat.model import Channel
from sandbox.stage import Stage
from sandbox.studio import Fault as StudioFault
from sandbox.studio.dials import ResultPlace
from sandbox.studio.faults import Target
from tests.databases import Row, database_settings, rows_of
from tests.e2e import inspection
from tests.e2e.messages import ever_posted, job_id_of, press, time_passes_until
from tests.e2e.scene import QUICK, Scene, picture, quick_dials
from tests.figures import figure

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.Canary.Wq7Tz2Lk9Rb4Xn6Vd1Hf8Jp3Gs5Mc0Ye"
KEY = "sk-canary-4f8d2b7a9c1e6053d7b2a8f4c6e09135"
# What signs Discord's links and those of the studio's file host.
SIGNATURES = re.compile(r"(?:hm|signature|X-Amz-Signature)=[0-9A-Za-z%_-]{8,}")


async def test_no_secret_is_logged_said_stored_or_sent_elsewhere(tmp_path: Path) -> None:
    """P4: with LOG_LEVEL=DEBUG, through a video and many failures, no byte of a secret is where it must not be."""
    stage = Stage(
        tmp_path, settings=QUICK | {"LOG_LEVEL": "DEBUG"}, dials=quick_dials(default_size="160x90", frames_per_second=1)
    )
    stage.chat.world.token = TOKEN
    stage.studio.api_key = KEY
    async with stage:
        await stage.start_bot()
        guild = stage.chat.add_guild("Night Shift")
        ada = stage.chat.add_person("Ada")
        guild.join(ada)
        channel = guild.add_channel("videos")
        calls = await live_through_everything(stage, ada, channel)
        # An open form keeps its pictures' addresses, which Discord signs, for an hour and nowhere else.
        open_forms = stored_drafts(stage)
        assert any(SIGNATURES.search(row["uploads"]) for row in open_forms)
        await time_passes_until(stage, lambda: not stored_drafts(stage), step_seconds=300)
        assert await stage.bot.terminate() == 0
        assert stage.chat.unknown_routes == []
        check_places(stage, calls)
        check_destinations(stage)


def stored_drafts(stage: Stage) -> list[Row]:
    """The forms that the bot remembers."""
    return rows_of(stage, "SELECT * FROM drafts")


async def live_through_everything(stage: Stage, ada: Person, channel: Channel) -> list[Call]:
    """A video, a remix, a form, a refusal, a failure, lost answers, expired links, and errors that quote the key."""
    calls = [await ada.slash(channel, "video", prompt="A heron at dawn", reference=picture())]
    video = await stage.chat.wait_message(channel, lambda m: m.attachments)
    await ada.reply(video, "Make it rain a little", files=[picture("teal")])
    await until_said(stage, channel, "video", 2)

    opener = await ada.slash(channel, "video", reference=picture("gold"))
    form = await opener.wait_form()
    field = next(name for name, one in form.fields.items() if one.kind == "text")
    calls += [opener, await ada.submit(form, {field: "A second heron"})]
    await until_said(stage, channel, "video", 3, calls[-1])

    calls.append(await press(ada, video, Action.AGAIN))
    await until_said(stage, channel, "video", 4, calls[-1])
    calls.append(await ada.slash(channel, "status"))

    quoting = {"error": {"message": f"Bad header Authorization: Bearer {KEY}", "code": "invalid_value"}}
    stage.studio.faults.add("create", StudioFault.status(400, json=quoting))
    calls.append(await ada.slash(channel, "video", prompt="A forbidden balloon"))
    await until_said(stage, channel, "fail", 1, calls[-1])
    calls.append(await ada.slash(channel, "video", prompt="A doomed balloon"))
    await until_said(stage, channel, "fail", 2, calls[-1])
    stage.studio.faults.add("create", StudioFault.body(f"<html>{KEY}</html>".encode(), content_type="text/html"))
    calls.append(await ada.slash(channel, "video", prompt="An unsure balloon"))
    await until_said(stage, channel, "unsure", 1, calls[-1])

    stage.studio.faults.add("poll", StudioFault.drop(take=False), times=3)
    stage.studio.faults.add("file", StudioFault.status(403), times=2)
    stage.studio.faults.add("file", StudioFault.drop(take=False))
    stage.chat.faults.add("message_create", Fault.drop(after=True), times=2)
    stage.chat.faults.add("attachment", Fault.status(403))
    calls.append(await ada.slash(channel, "video", prompt="A heron in a storm", reference=picture()))
    await calls[-1].wait_answer()
    stage.chat.faults.add("original_delete", Fault.drop(after=False), times=2)
    calls.append(await ada.slash(channel, "video", prompt="A heron after the storm", reference=picture()))
    await until_said(stage, channel, "video", 5)
    return calls


async def until_said(stage: Stage, channel: Channel, kind: str, count: int, call: Call | None = None) -> None:
    if call is not None:
        # An acknowledgement counts for three seconds, which would be over at once.
        await call.wait_answer()
    await time_passes_until(stage, lambda: len(ever_posted(stage.chat, channel, kind)) >= count)


def check_places(
    stage: Stage, calls: list[Call], others: frozenset[str] = frozenset(), *, signed_least: int = 4
) -> None:
    """Neither the log, nor a message, nor a file of the bot's holds a secret; and there was much that could have."""
    log, words = stage.bot.log(), inspection.all_words(stage)
    assert '"level": "debug"' in log
    signed = {value for request in stage.studio.requests for value in request.query.values() if len(value) >= 16}
    secrets = {TOKEN, KEY, *(call.interaction.token for call in calls), *signed, *others}
    assert len(signed) >= signed_least
    assert len(secrets) >= signed_least + 4
    for secret in secrets:
        assert secret not in log, at(log, secret)
        assert secret not in words, at(words, secret)
        for file in stage.bot.data_dir.rglob("*"):
            if file.is_file():
                assert secret.encode() not in file.read_bytes(), (file, secret)
    assert not SIGNATURES.search(log), SIGNATURES.search(log)
    stored = b"".join(file.read_bytes() for file in stage.bot.data_dir.glob("bot.db*"))
    assert not SIGNATURES.search(stored.decode("latin-1"))


def check_destinations(stage: Stage, *, files_least: int = 5) -> None:
    """The key goes to the API and nowhere else; Discord's token never goes to either."""
    assert sum(request.operation == "file" for request in stage.studio.requests) >= files_least
    for request in stage.studio.requests:
        sent = f"{request.headers} {request.query} {request.fields}"
        assert TOKEN not in sent
        if request.operation == "file":
            assert KEY not in sent
        else:
            assert request.headers["authorization"] == f"Bearer {KEY}"
    for call in stage.chat.requests:
        assert KEY not in f"{call.path} {call.body}"


def at(text: str, secret: str) -> str:
    """Where it was found."""
    where = text.index(secret)
    return text[max(0, where - 300) : where + 100]


# ── one failure after the other ────────────────────────────────────────────────────────────────────────────────────

CANARIES = ("canary-bearer-06be4e77", "canary-password-9d27ab", "canary-signature-51f0c3", "canary-path-c8e41d")
SAYS = (
    f"Bad header Authorization: Bearer {KEY}, or Bot {TOKEN}? Authorization: Bearer {CANARIES[0]}. See "
    f"https://ann:{CANARIES[1]}@proxy.test/x and https://files.test/v.mp4?X-Amz-Signature={CANARIES[2]}&Expires=1"
)
# Links as JSON may hold them: with a secret path, a `&` as Go writes it, a `/` as PHP writes it, in capitals, relative.
LINKS = (
    f'{{"url": "https://files.test/{CANARIES[3]}/v.mp4", "urls": ["https://f.test/v?e=1\\u0026sig={CANARIES[2]}", '
    f'"https:\\/\\/f.test\\/{CANARIES[3]}?e=1&sig={CANARIES[2]}", "HTTPS://f.test/{CANARIES[3]}?sig={CANARIES[2]}", '
    f'"/v?e=1&sig={CANARIES[2]}"]'
)
ELSEWHERE = f"http://127.0.0.66/v.mp4?X-Amz-Signature={CANARIES[2]}"
PAGE = f"<html><p>{SAYS}</p></html>"


@dataclass(frozen=True)
class Way:
    """What goes wrong (requests of that kind meet that fault) while somebody does that."""

    kind: str
    fault: StudioFault | Fault
    act: Literal["video", "picture", "remix"] = "video"
    first: StudioFault | None = None
    """What goes wrong with the paid request before that."""
    result: ResultPlace = "foreign_url"


def no(status: int) -> StudioFault:
    """A refusal that quotes secrets in every place it has."""
    envelope = {"error": {"message": SAYS, "code": KEY, "type": KEY, "param": KEY}}
    return StudioFault.status(status, json=envelope, headers={"X-Request": f"Bearer {KEY}", "Location": ELSEWHERE})


def of_provider(kind: Target, names: str, **more: Any) -> dict[str, Way]:
    """The ways on which the provider or its file host quotes secrets in those answers, of which the names tell."""
    pages = {f"page{status}": StudioFault.status(status, text=PAGE) for status in (200, 403, 500, 502, 503)}
    refusals = {str(status): no(status) for status in (302, 400, 401, 402, 403, 404, 409, 410, 422, 429, 500, 503)}
    failed = {"id": "video_x", "status": "failed", "error": {"message": SAYS, "code": KEY}}
    messes = {
        "cut": StudioFault.drop(take=False),
        "short": StudioFault.short(40),
        "lost": StudioFault.drop(take=True),
        "word": StudioFault.body(json.dumps({"id": "video_x", "status": SAYS}).encode(), take=False),
        "failed": StudioFault.body(json.dumps(failed).encode(), take=False),
        "pointer": StudioFault.body(json.dumps({"url": ELSEWHERE}).encode(), take=False),
        "links": StudioFault.body(LINKS.encode(), take=False),
        "half": StudioFault.body(json.dumps({"message": SAYS}).encode()[:-1], take=False),
    }
    answers = pages | refusals | messes
    return {f"{kind} {name}": Way(kind, answers[name], **more) for name in names.split()}


def of_discord(kind: str, act: Literal["video", "picture"] = "video", *codes: tuple[int, int]) -> dict[str, Way]:
    """The ways on which Discord breaks off, or says such a status and code."""
    faults = {f"{status}": Fault.error(status, code) if code else Fault.status(status) for status, code in codes}
    faults |= {"cut": Fault.drop(after=False), "answer lost": Fault.drop(after=True)}
    return {f"{kind} {name}": Way(kind, fault, act) for name, fault in faults.items()}


WAYS: dict[str, Way] = {
    **of_provider("create", "302 400 401 402 403 404 409 410 422 429 500 503 cut half pointer lost links"),
    **of_provider("create", "page200 page403 page500 page502 page503"),
    **of_provider("poll", "302 400 401 402 403 404 410 429 500 503 cut short word failed half links"),
    **of_provider("poll", "page200 page403 page500 page502"),
    **of_provider("file", "302 401 403 404 500 cut short pointer half page200 page502"),
    **of_provider("content", "302 401 404 500 cut short pointer page200", result="content_only"),
    **of_provider("remix", "400 403 404 409 500 cut half page502", act="remix"),
    "list 500": Way("list", no(500), first=StudioFault.drop(take=False)),
    "list page": Way("list", StudioFault.status(200, text=PAGE), first=StudioFault.drop(take=False)),
    **of_discord("message_create", "video", (500, 0), (502, 0), (403, 50013), (404, 10003)),
    **of_discord("message_edit", "video", (500, 0), (403, 50001)),
    **of_discord("message_delete", "video", (500, 0), (404, 10008)),
    **of_discord("callback", "video", (500, 0), (404, 10062)),
    **of_discord("original_delete", "video", (500, 0), (404, 10015)),
    **of_discord("attachment", "picture", (403, 0), (404, 0), (500, 0)),
}
STORES_NOTHING = ("callback", "attachment")
ENDED = ("delivered", "refused", "failed", "uncertain", "lost", "undeliverable")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def leaky(
    tmp_path_factory: pytest.TempPathFactory, database_kind: str
) -> AsyncIterator[tuple[Scene, list[Call]]]:
    """A bot that logs all it can, and Ada with all that she has done; she may have any number of videos in doubt."""
    settings = QUICK | {"LOG_LEVEL": "DEBUG", "MAX_ACTIVE_JOBS_PER_USER": "1000"}
    dials = quick_dials(default_size="160x90", frames_per_second=1)
    with database_settings() as on:
        stage = Stage(tmp_path_factory.mktemp("leaky"), settings=settings | on, dials=dials)
        stage.chat.world.token, stage.studio.api_key = TOKEN, KEY
        async with stage:
            await stage.start_bot()
            guild = stage.chat.add_guild("Night Shift")
            ada = stage.chat.add_person("Ada")
            guild.join(ada)
            yield Scene(stage, guild, guild.add_channel("videos"), ada), []
            assert await stage.bot.terminate() == 0


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.reliability
@pytest.mark.parametrize("name", figure([*WAYS][::16], [*WAYS]))
async def test_no_failure_lets_a_secret_out(leaky: tuple[Scene, list[Call]], name: str) -> None:
    """P4: for every fault on the way of a video, and every party that quotes secrets: 0 bytes of them anywhere."""
    (scene, calls), way = leaky, WAYS[name]
    stage, studio, chat = scene.stage, scene.studio, scene.chat
    stage.jump(900)
    options: dict[str, object] = {"reference": picture()} if way.act == "picture" else {}
    if way.act == "remix":
        options["video"] = job_id_of(await scene.make(f"Before {name}"))
    studio.dials.result = way.result
    if way.kind == "message_edit":
        # Its card is edited while the video is fetched, since that lasts.
        studio.faults.add("file", StudioFault.delay(30.0))
    if way.first is not None:
        studio.faults.add("create", way.first)
    faults = studio.faults if isinstance(way.fault, StudioFault) else chat.faults
    faults.add(way.kind, way.fault)  # pyright: ignore[reportArgumentType]  # the name of a kind on its own side
    command = "remix" if way.act == "remix" else "video"
    calls.append(await scene.ada.slash(scene.channel, command, prompt=f"On the way {name}", **options))

    # Discord takes an answer to a command for three seconds only, so no time may pass before.
    if way.kind in STORES_NOTHING:
        await chat.wait_for(lambda: not faults.planned or None, what=f"{name} to happen")
    else:
        await inspection.job(stage, f"On the way {name}")

    def over() -> bool:
        rows = inspection.jobs(stage, prompt=f"On the way {name}")
        return not faults.planned and all(row["state"] in ENDED for row in rows)

    await time_passes_until(stage, over, step_seconds=1 if way.kind == "message_edit" else 30)
    calls.append(await scene.ada.slash(scene.channel, "status"))
    await calls[-1].wait_state("message")
    studio.dials.result = "foreign_url"
    check_places(stage, calls, frozenset(CANARIES), signed_least=0)
    check_destinations(stage, files_least=0)
