"""What is read from a message of anyone's."""

from typing import Any, cast

import discord

from cogs.messages import pictures_on, shows_video

CDN, MEDIA, COPIES = "https://cdn.discordapp.com", "https://media.discordapp.net", "https://images-ext-1.discordapp.net"


class State:
    """What discord.py needs of a client to make a message."""

    _intents = discord.Intents.none()
    allowed_mentions = None

    def __getattr__(self, name: str) -> Any:
        return lambda *_args, **_named: None

    def store_user(self, data: Any, **_named: Any) -> discord.User:
        return discord.User(state=cast("Any", self), data=data)


def message(**shown: Any) -> discord.Message:
    """A message of another bot, as Discord sends it."""
    author = {"id": "7", "username": "painter", "discriminator": "0", "avatar": None, "bot": True}
    base = {
        "id": "1", "channel_id": "2", "type": 0, "content": "", "author": author, "attachments": [], "embeds": [],
        "components": [], "mentions": [], "mention_roles": [], "mention_everyone": False, "pinned": False, "tts": False,
        "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None,
    }  # fmt: skip
    channel = cast("Any", type("Channel", (), {"id": 2, "guild": None}))
    return discord.Message(state=cast("Any", State()), channel=channel, data=cast("Any", base | shown))


def attachment(name: str, kind: str | None) -> dict[str, Any]:
    path = f"/attachments/2/3/{name}"
    return {
        "id": "3", "filename": name, "size": 5, "url": f"{CDN}{path}?ex=1", "proxy_url": f"{MEDIA}{path}?ex=1",
        "content_type": kind,
    }  # fmt: skip


def test_attached_pictures_are_found_by_type_or_name() -> None:
    """By Discord's claim, or by the name where there is none; with their size."""
    files = [("a.bin", "image/png"), ("b.webp", None), ("c.png", "text/plain"), ("d.txt", None), ("e", "video/mp4")]
    found = pictures_on(message(attachments=[attachment(*one) for one in files]))
    assert [(one.file_name, one.size_bytes) for one in found] == [("a.bin", 5), ("b.webp", 5)]
    assert found[0].url == f"{CDN}/attachments/2/3/a.bin?ex=1"


def test_of_an_embed_discords_copy_is_taken() -> None:
    """Never the address on the web; the larger one of its two pictures; without a claim about its size."""
    web, small = {"url": "https://evil.example/cat.png"}, {"url": "https://evil.example/small.png"}
    image = {**web, "proxy_url": f"{COPIES}/external/x/https/evil.example/cat.png"}
    thumbnail = {**small, "proxy_url": f"{COPIES}/external/y/https/evil.example/small.png"}
    embeds = [{"type": "rich", "image": image, "thumbnail": thumbnail}, {"type": "image", "thumbnail": thumbnail}]
    found = pictures_on(message(embeds=[*embeds, {"type": "rich", "image": web}]))
    assert [(one.url, one.file_name, one.size_bytes) for one in found] == [
        (image["proxy_url"], "cat.png", None),
        (thumbnail["proxy_url"], "small.png", None),
    ]


def test_a_file_that_an_embed_shows_counts_once() -> None:
    """The embed's copy has the path of the attachment."""
    file = attachment("a.png", "image/png")
    embed = {"type": "rich", "image": {"url": file["url"], "proxy_url": file["proxy_url"]}}
    assert len(pictures_on(message(attachments=[file], embeds=[embed]))) == 1


def test_pictures_among_components_are_found() -> None:
    """In a gallery and beside a text, also inside of a container; not a video in the same gallery."""

    def item(name: str, kind: str) -> dict[str, Any]:
        return {"url": f"https://evil.example/{name}", "proxy_url": f"{MEDIA}/{name}", "content_type": kind}

    gallery = {"type": 12, "id": 1, "items": [{"media": item("a", "image/png")}, {"media": item("b", "video/mp4")}]}
    text = {"type": 10, "id": 3, "content": "x"}
    section = {
        "type": 9, "id": 2, "components": [text], "accessory": {"type": 11, "id": 4, "media": item("c", "image/webp")},
    }  # fmt: skip
    found = pictures_on(message(components=[{"type": 17, "id": 5, "components": [gallery, section]}]))
    assert [one.url for one in found] == [f"{MEDIA}/a", f"{MEDIA}/c"]


def test_a_video_is_seen() -> None:
    """Attached, or behind a link."""
    assert shows_video(message(attachments=[attachment("e", "video/mp4")]))
    assert shows_video(message(embeds=[{"type": "video", "url": "https://evil.example/v"}]))
    assert not shows_video(message(attachments=[attachment("a.png", "image/png")]))
