"""The forms for a prompt and pictures: built here, and read from what Discord sends back. They keep nothing.

After a restart discord.py drops the answers of forms it doesn't know, so answers are read from the raw interaction, by
custom id (docs/facts/discord.md, "Forms").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import discord

from bot.chat.custom_ids import FormId, FormPurpose, FormSource
from bot.chat.escape import clip
from bot.chat.words import Key, say
from bot.jobs.model import PROMPT_MAX_CHARACTERS, REFERENCES_MAX, Upload
from bot.jobs.reasons import Reason, Refusal, RefusalError

PROMPT_FIELD = "prompt"
PICTURES_FIELD = "references"

_TITLE_MAX = 45
_TYPE_TEXT_INPUT = 4
_TYPE_FILE_UPLOAD = 19
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What a person filled in, as Discord claims it: nothing of it is checked yet."""

    prompt: str
    uploads: tuple[Upload, ...] = ()


def build(form: FormId, locale: str, *, room: int = REFERENCES_MAX) -> discord.ui.Modal:
    """The form, ready for `send_modal`; call it inside the running event loop.

    `room` is how many pictures may still be added (with 0 there is no field for them). discord.py keeps dismissed forms
    for the life of the process, so this one is stopped already.
    """
    remix = form.purpose is FormPurpose.REMIX
    modal = discord.ui.Modal(title=clip(_title(form, locale), _TITLE_MAX), custom_id=str(form))
    modal.add_item(
        discord.ui.Label(
            text=say(Key.FORM_CHANGE if remix else Key.FORM_PROMPT, locale),
            component=discord.ui.TextInput(
                custom_id=PROMPT_FIELD,
                style=discord.TextStyle.paragraph,
                placeholder=say(Key.FORM_CHANGE_HINT if remix else Key.FORM_PROMPT_HINT, locale),
                required=True,
                min_length=1,
                max_length=PROMPT_MAX_CHARACTERS,
            ),
        )
    )
    if room > 0:
        modal.add_item(
            discord.ui.Label(
                text=say(Key.FORM_PICTURES, locale),
                description=say(Key.FORM_PICTURES_HINT, locale),
                component=discord.ui.FileUpload(
                    custom_id=PICTURES_FIELD, required=False, min_values=0, max_values=min(room, REFERENCES_MAX)
                ),
            )
        )
    modal.stop()
    return modal


def read(data: Mapping[str, Any]) -> FormAnswer:
    """What was filled in, from the `data` of a form's interaction. What is missing or odd counts as not filled in.

    Raises `RefusalError` for a file that is named without being there: a video without it is not what was asked for.
    """
    prompt = ""
    uploads: list[Upload] = []
    attachments = _mapping(_mapping(data.get("resolved")).get("attachments"))
    for field in _fields(data.get("components"), _DEEPEST):
        if field.get("type") == _TYPE_TEXT_INPUT and field.get("custom_id") == PROMPT_FIELD:
            value = field.get("value")
            prompt = value if isinstance(value, str) else ""
        elif field.get("type") == _TYPE_FILE_UPLOAD and field.get("custom_id") == PICTURES_FIELD:
            uploads.extend(_upload(attachments.get(str(one))) for one in _items(field.get("values")))
    return FormAnswer(prompt, tuple(uploads))


def _title(form: FormId, locale: str) -> str:
    if form.purpose is FormPurpose.VIDEO:
        return say(Key.FORM_VIDEO, locale)
    if form.source is FormSource.JOB:
        return say(Key.FORM_REMIX_OF, locale, video=form.target)
    return say(Key.FORM_REMIX, locale)


def _fields(components: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """The inputs themselves, out of the labels (or rows) that they are wrapped in."""
    for one in _items(components):
        component = _mapping(one)
        yield component
        if depth > 0:
            yield from _fields([component.get("component")], depth - 1)
            yield from _fields(component.get("components"), depth - 1)


def _upload(attachment: object) -> Upload:
    found = _mapping(attachment)
    url, name, size = found.get("url"), found.get("filename"), found.get("size")
    if not isinstance(url, str) or not isinstance(size, int):
        raise RefusalError(Refusal(Reason.CLIENT_STALE))
    return Upload(url=url, file_name=name if isinstance(name, str) else "", size_bytes=size)


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _items(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
