"""What a tab is told: everything that its person sees where it looks, once, and every change of it."""

from sandbox.chat import File, Permission
from tests.unit.sandbox.page.conftest import Scene


async def test_a_tab_is_told_where_it_is_and_what_was_said(scene: Scene) -> None:
    """The first look brings people, places and messages; as nobody in particular one is the first resident."""
    await scene.person("Ben").say(scene.square, "good evening")
    await scene.browser.look()
    [message] = await scene.browser.until(lambda tab: list(tab.messages.values()))
    assert (message["author"]["name"], message["content"]) == ("Ben", "good evening")
    world = scene.browser.told["world"]
    assert (world["me"]["name"], world["at"]) == ("Ada", str(scene.square.id))
    assert [guild["name"] for guild in world["guilds"]] == ["Night Shift", "Print Room"]
    assert [one["name"] for one in world["residents"]] == ["Ada", "Ben", "Mira", "Theo"]


async def test_changes_come_by_themselves_and_only_changes(scene: Scene) -> None:
    """A new message, its edit and its end are told one by one; what stays the same is not told again."""
    ben, ada = scene.person("Ben"), scene.person("Ada")
    first = await ada.say(scene.square, "first")
    await scene.browser.look()
    await scene.browser.until(lambda tab: tab.messages)
    told_so_far = len(scene.browser.parts)
    second = await ben.say(scene.square, "second")
    await scene.browser.until(lambda tab: str(second.id) in tab.messages)
    await ben.edit(second, "second, thought over")
    await scene.browser.until(lambda tab: tab.messages[str(second.id)]["content"] == "second, thought over")
    await ben.delete(second)
    await scene.browser.until(lambda tab: str(second.id) not in tab.messages)
    later = [one["messages"] for one in scene.browser.parts[told_so_far:] if "messages" in one]
    assert not any(first_one["id"] == str(first.id) for one in later for first_one in one["put"])
    assert not any(one["reset"] for one in later)


async def test_each_person_sees_what_is_theirs(scene: Scene) -> None:
    """Who isn't in a server, or may not see a channel, is not told that it exists; one can't look over there either."""
    hidden = next(one for one in scene.square.guild.channels.values() if one.name == "staff")
    await scene.person("Mira").say(hidden, "between us")
    await scene.browser.look(**{"as": str(scene.person("Ben").id), "at": str(hidden.id)})
    world = await scene.browser.until(lambda tab: tab.told.get("world"))
    assert [guild["name"] for guild in world["guilds"]] == ["Night Shift"]
    assert "staff" not in [one["name"] for one in world["guilds"][0]["channels"]]
    assert world["at"] == str(scene.square.id)
    await scene.browser.until(lambda tab: [one for one in tab.parts if "messages" in one])
    assert scene.browser.messages == {}
    await scene.browser.look(**{"as": str(scene.person("Mira").id), "at": str(hidden.id)})
    await scene.browser.until(lambda tab: [one for one in tab.messages.values() if one["content"] == "between us"])


async def test_losing_a_place_leads_back_to_the_square(scene: Scene) -> None:
    """A channel that is deleted, or closed to this person, while they look at it is left by itself."""
    talk = next(one for one in scene.square.guild.channels.values() if one.name == "talk")
    await scene.browser.look(at=str(talk.id))
    await scene.browser.until(lambda tab: tab.told.get("world", {}).get("at") == str(talk.id))
    talk.overwrite(scene.person("Ada"), deny=Permission.VIEW_CHANNEL)
    await scene.browser.until(lambda tab: tab.told["world"]["at"] == str(scene.square.id))
    names = [one["name"] for one in scene.browser.told["world"]["guilds"][0]["channels"]]
    assert "talk" not in names


async def test_rights_are_told_with_each_message(scene: Scene) -> None:
    """Own messages can be edited and deleted, others' only by those who manage messages; who only looks can't reply."""
    await scene.person("Ben").say(scene.square, "mine")
    seen = {}
    for name in ("Ada", "Ben", "Mira", "Theo"):
        await scene.browser.look(**{"as": str(scene.person(name).id)})
        await scene.browser.until(lambda tab, name=name: tab.told.get("world", {}).get("me", {}).get("name") == name)
        [message] = await scene.browser.until(lambda tab: list(tab.messages.values()))
        seen[name] = {right for right, held in message["can"].items() if held}
    assert seen["Ben"] >= {"reply", "edit", "delete"}
    assert "edit" not in seen["Mira"]
    assert seen["Mira"] >= {"reply", "delete"}
    assert seen["Ada"] & {"edit", "delete"} == set()
    assert "reply" in seen["Ada"]
    assert seen["Theo"] == set()


async def test_replies_show_what_they_answer_and_whom_they_ping(scene: Scene) -> None:
    """A reply carries its quote; the person who is pinged sees that; a deleted parent is said to be deleted."""
    parent = await scene.person("Ada").say(scene.square, "the first words")
    reply = await scene.person("Ben").reply(parent, "an answer")
    await scene.browser.look()
    shown = await scene.browser.until(lambda tab: tab.messages.get(str(reply.id)))
    assert (shown["reply"]["content"], shown["pinged"]) == ("the first words", True)
    await scene.person("Ada").delete(parent)
    await scene.browser.until(
        lambda tab: tab.messages[str(reply.id)]["reply"] == {"id": str(parent.id), "deleted": True}
    )


async def test_typing_is_told_to_the_others_in_that_place(scene: Scene) -> None:
    """Ben types: a tab of Ada's in that channel is told so; her own typing is not told to her."""
    await scene.browser.look()
    await scene.browser.until(lambda tab: tab.told.get("world"))
    await scene.person("Ada").start_typing(scene.square)
    await scene.person("Ben").start_typing(scene.square)
    await scene.browser.until(lambda tab: tab.typing)
    assert scene.browser.typing == [{"at": str(scene.square.id), "who": str(scene.person("Ben").id)}]


async def test_files_are_links_of_the_page(scene: Scene) -> None:
    """An attachment is fetched from the page's own server, in parts if wanted, and is gone with its message."""
    message = await scene.person("Ada").say(scene.square, "look", files=[File("cat.mp4", b"0123456789", "video/mp4")])
    await scene.browser.look()
    shown = await scene.browser.until(lambda tab: tab.messages.get(str(message.id)))
    url = scene.browser.address.rstrip("/") + shown["attachments"][0]["url"]
    async with scene.browser.session.get(url, headers={"Range": "bytes=2-4"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"234")
        assert answer.headers["Content-Type"] == "video/mp4"
    await scene.person("Ada").delete(message)
    async with scene.browser.session.get(url) as answer:
        assert answer.status == 404
