"""P4: nothing that is secret leaves the process, though it logs all it can and nearly everything goes wrong."""

import re
from pathlib import Path

from sandbox.chat import Call, Fault, Person
from sandbox.chat.places import Channel
from sandbox.stage import Stage
from sandbox.studio import Fault as StudioFault
from tests.e2e import ledger
from tests.e2e.scenes import QUICK, picture, quick_dials
from tests.e2e.sightings import ever, time_passes_until

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
        assert await stage.bot.terminate() == 0
        assert stage.chat.unknown_routes == []
        check_places(stage, calls)
        check_destinations(stage)


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
    await until_said(stage, channel, "video", 3)

    calls.append(await ada.click(video, "Again"))
    await until_said(stage, channel, "video", 4)
    calls.append(await ada.slash(channel, "status"))

    quoting = {"error": {"message": f"Bad header Authorization: Bearer {KEY}", "code": "invalid_value"}}
    stage.studio.faults.add("create", StudioFault.status(400, json=quoting))
    calls.append(await ada.slash(channel, "video", prompt="A forbidden balloon"))
    await until_said(stage, channel, "fail", 1)
    calls.append(await ada.slash(channel, "video", prompt="A doomed balloon"))
    await until_said(stage, channel, "fail", 2)
    stage.studio.faults.add("create", StudioFault.body(f"<html>{KEY}</html>".encode(), content_type="text/html"))
    calls.append(await ada.slash(channel, "video", prompt="An unsure balloon"))
    await until_said(stage, channel, "unsure", 1)

    stage.studio.faults.add("look", StudioFault.drop(take=False), times=3)
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


async def until_said(stage: Stage, channel: Channel, kind: str, count: int) -> None:
    await time_passes_until(stage, lambda: len(ever(stage.chat, channel, kind)) >= count)


def check_places(stage: Stage, calls: list[Call]) -> None:
    """Neither the log, nor a message, nor a file of the bot's holds a secret; and there was much that could have."""
    log, words = stage.bot.log(), ledger.all_words(stage)
    assert '"level": "debug"' in log
    signed = {value for request in stage.studio.requests for value in request.query.values() if len(value) >= 16}
    secrets = {TOKEN, KEY, *(call.interaction.token for call in calls), *signed}
    assert len(signed) >= 4
    assert len(secrets) >= 14
    for secret in secrets:
        assert secret not in log, at(log, secret)
        assert secret not in words, at(words, secret)
        for file in stage.bot.data_dir.rglob("*"):
            if file.is_file():
                assert secret.encode() not in file.read_bytes(), (file, secret)
    assert not SIGNATURES.search(log), SIGNATURES.search(log)
    stored = b"".join(file.read_bytes() for file in stage.bot.data_dir.glob("bot.db*"))
    assert not SIGNATURES.search(stored.decode("latin-1"))


def check_destinations(stage: Stage) -> None:
    """The key goes to the API and nowhere else; Discord's token never goes to either."""
    assert sum(request.operation == "file" for request in stage.studio.requests) >= 5
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
