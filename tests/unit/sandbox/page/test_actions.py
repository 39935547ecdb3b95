"""What people do in the page happens in the chat, as that person, or is refused in one sentence."""

import pytest

from tests.unit.sandbox.page.conftest import PageHarness


async def test_writing_replying_editing_and_deleting(harness: PageHarness) -> None:
    """The four things that everybody does with messages, each as the person who acts in the tab."""
    ada, at = str(harness.person("Ada").id), str(harness.start_channel.id)
    status, said = await harness.browser.act("say", **{"as": ada, "at": at, "text": "hello", "files": []})
    assert status == 200
    await harness.browser.act(
        "say", **{"as": ada, "at": at, "text": "and on", "reply_to": said["message"], "ping": False}
    )
    await harness.browser.act("edit", **{"as": ada, "at": at, "message": said["message"], "text": "hello again"})
    first, second = harness.start_channel.messages
    assert (first.content, second.content, second.reply_to, second.pinged) == ("hello again", "and on", first, set())
    await harness.browser.act("delete", **{"as": ada, "at": at, "message": said["message"]})
    assert [one.content for one in harness.start_channel.messages] == ["and on"]


async def test_picked_files_wait_on_the_shelf_and_are_sent(harness: PageHarness) -> None:
    """A picked file is uploaded first, can be looked at there, and goes with the message."""
    ada, at = str(harness.person("Ada").id), str(harness.start_channel.id)
    picked = harness.browser.address + "picked"
    async with harness.browser.session.post(f"{picked}?name=a cat.png&type=image/png", data=b"\x89PNG") as answer:
        kept = await answer.json()
    assert (kept["name"], kept["size"], kept["type"]) == ("a cat.png", 4, "image/png")
    async with harness.browser.session.get(f"{picked}/{kept['id']}") as answer:
        assert await answer.read() == b"\x89PNG"
    await harness.browser.act("say", **{"as": ada, "at": at, "text": "", "files": [kept["id"]]})
    [message] = harness.start_channel.messages
    assert message.attachments[0].path.read_bytes() == b"\x89PNG"
    status, refused = await harness.browser.act("say", **{"as": ada, "at": at, "text": "", "files": ["nothing"]})
    assert (status, "pick it again" in refused["error"]) == (422, True)


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("say", {"text": ""}, "1 to 2000 characters"),
        ("say", {"text": "x", "at": "12"}, "not there"),
        ("say", {"text": "x", "as": "12"}, "no such person"),
        ("say", {}, "'text' is missing"),
        ("edit", {"message": "1", "text": "x"}, "not there"),
        ("slash", {"command": "nothing", "options": {}}, "no command 'nothing'"),
        ("submit", {"call": "1", "fields": {}}, "not open"),
        ("press", {"message": "1", "custom_id": "x"}, "not there"),
        ("fly", {}, "no action 'fly'"),
    ],
)
async def test_what_cannot_be_done_is_said(harness: PageHarness, name: str, body: dict, sentence: str) -> None:
    """Every refusal is one sentence for a person, and nothing happens in the chat."""
    usual = {"as": str(harness.person("Ada").id), "at": str(harness.start_channel.id)}
    status, answer = await harness.browser.act(name, **(usual | body))
    assert status == 422
    assert sentence in answer["error"]
    assert harness.start_channel.messages == []


async def test_no_person_acts_beyond_their_rights(harness: PageHarness) -> None:
    """Who only looks can't write; others' messages can't be changed; a hidden channel is not written to."""
    theo, ben = str(harness.person("Theo").id), str(harness.person("Ben").id)
    at = str(harness.start_channel.id)
    message = await harness.person("Ada").say(harness.start_channel, "mine")
    hidden = next(one for one in harness.start_channel.guild.channels.values() if one.name == "staff")
    for name, body in (
        ("say", {"as": theo, "at": at, "text": "x", "files": []}),
        ("edit", {"as": ben, "at": at, "message": str(message.id), "text": "x"}),
        ("delete", {"as": ben, "at": at, "message": str(message.id)}),
        ("say", {"as": ben, "at": str(hidden.id), "text": "x", "files": []}),
    ):
        status, answer = await harness.browser.act(name, **body)
        assert status == 422, answer
    assert [one.content for one in harness.start_channel.messages] == ["mine"]
    assert hidden.messages == []
