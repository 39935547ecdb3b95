"""A tab's updates: everything that its person sees in its view, once, and every change of it."""

from sandbox.chat import File, Permission
from tests.unit.sandbox.page.conftest import PageHarness


async def test_a_tab_gets_its_place_and_its_messages(harness: PageHarness) -> None:
    """The first look brings people, places and messages; without a name one is the first persona."""
    await harness.person("Ben").say(harness.start_channel, "good evening")
    await harness.browser.look()
    [message] = await harness.browser.until(lambda tab: list(tab.messages.values()))
    assert (message["author"]["name"], message["content"]) == ("Ben", "good evening")
    world = harness.browser.told["world"]
    assert (world["me"]["name"], world["at"]) == ("Ada", str(harness.start_channel.id))
    assert [guild["name"] for guild in world["guilds"]] == ["Night Shift", "Print Room"]
    assert [one["name"] for one in world["personas"]] == ["Ada", "Ben", "Mira", "Theo"]


async def test_changes_come_by_themselves_and_only_changes(harness: PageHarness) -> None:
    """A new message, its edit and its deletion are sent one by one; unchanged parts are not sent again."""
    ben, ada = harness.person("Ben"), harness.person("Ada")
    first = await ada.say(harness.start_channel, "first")
    await harness.browser.look()
    await harness.browser.until(lambda tab: tab.messages)
    told_so_far = len(harness.browser.parts)
    second = await ben.say(harness.start_channel, "second")
    await harness.browser.until(lambda tab: str(second.id) in tab.messages)
    await ben.edit(second, "second, thought over")
    await harness.browser.until(lambda tab: tab.messages[str(second.id)]["content"] == "second, thought over")
    await ben.delete(second)
    await harness.browser.until(lambda tab: str(second.id) not in tab.messages)
    later = [one["messages"] for one in harness.browser.parts[told_so_far:] if "messages" in one]
    assert not any(first_one["id"] == str(first.id) for one in later for first_one in one["put"])
    assert not any(one["reset"] for one in later)


async def test_each_person_sees_what_is_theirs(harness: PageHarness) -> None:
    """A server or channel that a person can't see is not in their updates; they can't select it either."""
    hidden = next(one for one in harness.start_channel.guild.channels.values() if one.name == "staff")
    await harness.person("Mira").say(hidden, "between us")
    await harness.browser.look(**{"as": str(harness.person("Ben").id), "at": str(hidden.id)})
    world = await harness.browser.until(lambda tab: tab.told.get("world"))
    assert [guild["name"] for guild in world["guilds"]] == ["Night Shift"]
    assert "staff" not in [one["name"] for one in world["guilds"][0]["channels"]]
    assert world["at"] == str(harness.start_channel.id)
    await harness.browser.until(lambda tab: [one for one in tab.parts if "messages" in one])
    assert harness.browser.messages == {}
    await harness.browser.look(**{"as": str(harness.person("Mira").id), "at": str(hidden.id)})
    await harness.browser.until(lambda tab: [one for one in tab.messages.values() if one["content"] == "between us"])


async def test_losing_a_place_leads_back_to_the_square(harness: PageHarness) -> None:
    """A channel that is deleted, or closed to this person, while they look at it is left by itself."""
    talk = next(one for one in harness.start_channel.guild.channels.values() if one.name == "talk")
    await harness.browser.look(at=str(talk.id))
    await harness.browser.until(lambda tab: tab.told.get("world", {}).get("at") == str(talk.id))
    talk.overwrite(harness.person("Ada"), deny=Permission.VIEW_CHANNEL)
    await harness.browser.until(lambda tab: tab.told["world"]["at"] == str(harness.start_channel.id))
    names = [one["name"] for one in harness.browser.told["world"]["guilds"][0]["channels"]]
    assert "talk" not in names


async def test_rights_come_with_each_message(harness: PageHarness) -> None:
    """Own messages can be edited and deleted, others' only with Manage Messages; a read-only person can't reply."""
    await harness.person("Ben").say(harness.start_channel, "mine")
    seen = {}
    for name in ("Ada", "Ben", "Mira", "Theo"):
        await harness.browser.look(**{"as": str(harness.person(name).id)})
        await harness.browser.until(lambda tab, name=name: tab.told.get("world", {}).get("me", {}).get("name") == name)
        [message] = await harness.browser.until(lambda tab: list(tab.messages.values()))
        seen[name] = {right for right, held in message["can"].items() if held}
    assert seen["Ben"] >= {"reply", "edit", "delete"}
    assert "edit" not in seen["Mira"]
    assert seen["Mira"] >= {"reply", "delete"}
    assert seen["Ada"] & {"edit", "delete"} == set()
    assert "reply" in seen["Ada"]
    assert seen["Theo"] == set()


async def test_replies_show_what_they_answer_and_whom_they_ping(harness: PageHarness) -> None:
    """A reply carries its quote; the person who is pinged sees that; a deleted parent is said to be deleted."""
    parent = await harness.person("Ada").say(harness.start_channel, "the first words")
    reply = await harness.person("Ben").reply(parent, "an answer")
    await harness.browser.look()
    shown = await harness.browser.until(lambda tab: tab.messages.get(str(reply.id)))
    assert (shown["reply"]["content"], shown["pinged"]) == ("the first words", True)
    await harness.person("Ada").delete(parent)
    await harness.browser.until(
        lambda tab: tab.messages[str(reply.id)]["reply"] == {"id": str(parent.id), "deleted": True}
    )


async def test_typing_is_sent_to_the_others_in_that_place(harness: PageHarness) -> None:
    """Ben types: a tab of Ada's in that channel gets it; her own typing is not sent to her."""
    await harness.browser.look()
    await harness.browser.until(lambda tab: tab.told.get("world"))
    await harness.person("Ada").start_typing(harness.start_channel)
    await harness.person("Ben").start_typing(harness.start_channel)
    await harness.browser.until(lambda tab: tab.typing)
    assert harness.browser.typing == [{"at": str(harness.start_channel.id), "who": str(harness.person("Ben").id)}]


async def test_files_are_links_of_the_page(harness: PageHarness) -> None:
    """An attachment is fetched from the page's own server, in parts if wanted, and is gone with its message."""
    message = await harness.person("Ada").say(
        harness.start_channel, "look", files=[File("cat.mp4", b"0123456789", "video/mp4")]
    )
    await harness.browser.look()
    shown = await harness.browser.until(lambda tab: tab.messages.get(str(message.id)))
    url = harness.browser.address.rstrip("/") + shown["attachments"][0]["url"]
    async with harness.browser.session.get(url, headers={"Range": "bytes=2-4"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"234")
        assert answer.headers["Content-Type"] == "video/mp4"
    await harness.person("Ada").delete(message)
    async with harness.browser.session.get(url) as answer:
        assert answer.status == 404
