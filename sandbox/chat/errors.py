"""Discord's error responses, by status and code; raised by any check and sent by the REST server."""

from sandbox.chat.records import Json

_MESSAGES = {
    0: "401: Unauthorized",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10013: "Unknown User",
    10014: "Unknown Emoji",
    10015: "Unknown Webhook",
    10060: "Unknown sticker",
    10062: "Unknown interaction",
    10063: "Unknown application command",
    20009: "Explicit content cannot be sent to the desired recipient(s)",
    20016: "This action cannot be performed due to slowmode rate limit",
    20028: "The channel you are writing has hit the write rate limit",
    30003: "Maximum number of pins reached for the channel (250)",
    30010: "Maximum number of reactions reached (20)",
    30032: "Maximum number of application commands reached",
    30046: "Maximum number of edits to messages older than 1 hour reached. Try again later",
    40005: "Request entity too large",
    40033: "This message has already been crossposted",
    40060: "Interaction has already been acknowledged.",
    50001: "Missing Access",
    50003: "Cannot execute action on a DM channel",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50008: "Cannot send messages in a non-text channel",
    50013: "Missing Permissions",
    50016: "Provided too few or too many messages to delete. Must provide at least 2 and at most 100 messages.",
    50021: "Cannot execute action on a system message",
    50024: "Cannot execute action on this channel type",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
    50068: "Invalid message type",
    50081: "Invalid sticker sent",
    50083: "Thread is archived",
    50109: "The request body contains invalid JSON.",
    50159: "Voice messages do not support additional content",
    50160: "Voice messages must have a single audio attachment",
    50161: "Voice messages must have supporting metadata",
    50278: "Cannot send messages to this user due to having no mutual guilds",
    160002: "Cannot reply without permission to read message history",
    160004: "A thread has already been created for this message",
    160005: "Thread is locked",
    160014: "You cannot forward a message whose content you cannot read",
    200000: "Message was blocked by automatic moderation",
    200001: "Title was blocked by automatic moderation",
    240000: "Message blocked by harmful links filter",
    400001: "Access to file uploads has been limited for this guild",
    520001: "Poll expired",
    520003: "Cannot edit a poll message",
    520006: "Cannot expire a non-poll message",
}
_STATUS = {0: 401, 40005: 413, 50027: 401}
_FORBIDDEN = frozenset({50001, 50003, 50005, 50007, 50013, 50278, 160002, 400001})


class ApiError(Exception):
    """An error response of Discord's: HTTP status, code, sentence, and for forms the fields at fault."""

    def __init__(self, code: int, *, status: int | None = None, errors: Json | None = None) -> None:
        self.code = code
        self.status = status or _status_of(code)
        self.sentence = _MESSAGES.get(code, f"Error {code}")
        self.errors = errors
        super().__init__(f"{self.status} {self.code}: {self.sentence} {errors or ''}".rstrip())

    @property
    def body(self) -> Json:
        """The JSON that Discord answers with."""
        body: Json = {"message": self.sentence, "code": self.code}
        return body if self.errors is None else {**body, "errors": self.errors}


def bad_field(path: str, sentence: str, code: str = "BASE_TYPE_BAD") -> ApiError:
    """A 50035 about one field, its path written with dots ('embeds.0.title')."""
    errors: Json = {"_errors": [{"code": code, "message": sentence}]}
    for name in reversed(path.split(".")):
        errors = {name: errors}
    return ApiError(50035, errors=errors)


def too_long(path: str, limit: int) -> ApiError:
    """A 50035 about a text that is longer than allowed."""
    return bad_field(path, f"Must be {limit} or fewer in length.", "BASE_TYPE_MAX_LENGTH")


def _status_of(code: int) -> int:
    if code in _STATUS:
        return _STATUS[code]
    if code in _FORBIDDEN:
        return 403
    return 404 if code // 1000 == 10 else 400
