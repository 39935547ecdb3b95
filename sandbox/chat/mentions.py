"""The pings of a message, from its text and the allowed mentions as Discord computes them."""

import re
from dataclasses import dataclass, field

from sandbox.chat.access import can_see, permissions_in
from sandbox.chat.errors import bad_field
from sandbox.chat.model import Channel, Message
from sandbox.chat.permissions import Permission
from sandbox.chat.records import Json, User, parts_of

_CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*`", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Mentions:
    """The people named by a message, and those of them who get a ping."""

    users: list[User] = field(default_factory=list[User])
    role_ids: list[int] = field(default_factory=list[int])
    everyone: bool = False
    pinged: set[int] = field(default_factory=set[int])


def mentions_of(
    channel: Channel,
    author: User,
    content: str,
    allowed: Json | None,
    answered: Message | None,
    *,
    known: dict[int, User],
) -> Mentions:
    """Read the text outside of code, keep what is allowed, add the author of the answered message."""
    text = _CODE.sub("", content)
    user_ids = _allowed("users", [int(one) for one in _USER.findall(text)], allowed)
    role_ids = _allowed("roles", [int(one) for one in _ROLE.findall(text)], allowed)
    may_shout = bool(permissions_in(channel, author) & Permission.MENTION_EVERYONE)
    everyone = bool(_EVERYONE.search(text)) and may_shout and channel.guild is not None
    everyone = everyone and (allowed is None or "everyone" in allowed.get("parse", []))
    if answered is not None and (allowed is None or allowed.get("replied_user")):
        user_ids.append(answered.author.id)
    users = [known[one] for one in dict.fromkeys(user_ids) if one in known]
    role_ids = [one for one in role_ids if channel.guild and one in channel.guild.roles]
    pinged = _reached(channel, users, role_ids, everyone=everyone) - {author.id}
    return Mentions(users, role_ids, everyone, pinged)


def check_allowed_mentions(allowed: Json | None) -> None:
    """Raise `ApiError` 50035 when a kind is both parsed and listed, as Discord does."""
    for kind in ("users", "roles"):
        if allowed and kind in allowed.get("parse", []) and allowed.get(kind):
            raise bad_field("allowed_mentions", f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.')


def _allowed(kind: str, found: list[int], allowed: Json | None) -> list[int]:
    if allowed is None or kind in allowed.get("parse", []):
        return list(dict.fromkeys(found))
    listed = {int(one) for one in parts_of(allowed, kind)}
    return [one for one in dict.fromkeys(found) if one in listed]


def _reached(channel: Channel, users: list[User], role_ids: list[int], *, everyone: bool) -> set[int]:
    if channel.guild is None:
        return {one.id for one in users if one in channel.recipients}
    wanted = {one.id for one in users}
    for member in channel.guild.members.values():
        if everyone or any(role.id in role_ids for role in member.roles):
            wanted.add(member.user.id)
    return {key for key in wanted if key in channel.guild.members and can_see(channel, channel.guild.members[key].user)}
