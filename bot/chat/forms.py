"""The forms for a prompt, pictures and options: built here, and read from the submitted data.

After a restart discord.py drops submissions of unknown forms, so they are read from the raw interaction, by custom id
(docs/facts/discord.md, "Forms").
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import discord

from bot.chat.choices import CHOICES_MAX, length_name, model_name, option_texts, size_name
from bot.chat.custom_ids import FormId, FormPurpose
from bot.chat.escape import clip, plain
from bot.chat.words import Key, Reader, say
from bot.jobs.catalogue import Catalogue, pictures_of
from bot.jobs.drafts import Draft
from bot.jobs.model import PROMPT_MAX_CHARACTERS, Upload, VideoRequest
from bot.jobs.offered_models import OfferedModel
from bot.jobs.picture_frames import with_new
from bot.jobs.reasons import Reason, Refusal, RefusalError

PROMPT_FIELD = "prompt"
PICTURES_FIELD = "references"
MODEL_FIELD = "model"
SIZE_FIELD = "size"
LENGTH_FIELD = "seconds"
# The value for "not chosen"; a value must not be empty. No size or length reads so.
DEFAULT_VALUE = "(default)"

_TITLE_MAX = 45
_TYPE_SELECT = 3
_TYPE_TEXT_INPUT = 4
_TYPE_FILE_UPLOAD = 19
_CHOICE_FIELDS = (MODEL_FIELD, SIZE_FIELD, LENGTH_FIELD)
_VALUE_MAX = 100
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """A person's input, as Discord claims it: nothing of it is checked yet.

    `chosen` holds the options whose rows were in the form; None is the default.
    """

    prompt: str
    uploads: tuple[Upload, ...] = ()
    chosen: Mapping[str, str | None] = field(default_factory=dict[str, str | None])


@dataclass(frozen=True, slots=True)
class _Texts:
    """The texts of one kind of form."""

    title: Key
    prompt: Key
    example: Key
    description: Key | None = None


_TEXTS = {
    FormPurpose.VIDEO: _Texts(Key.FORM_VIDEO, Key.FORM_PROMPT, Key.FORM_PROMPT_HINT, Key.FORM_ELEMENTS),
    FormPurpose.REMIX: _Texts(Key.FORM_REMIX, Key.FORM_CHANGE, Key.FORM_CHANGE_HINT),
    FormPurpose.BATCH: _Texts(Key.FORM_BATCH, Key.FORM_BATCH_PROMPTS, Key.FORM_BATCH_HINT),
}


def build(
    form: FormId,
    reader: Reader,
    draft: Draft,
    catalogue: Catalogue,
    inherited: str | None = None,
    room: int | None = None,
) -> discord.ui.Modal:
    """The form filled with the draft's data, ready for `send_modal`; call it inside the running event loop.

    It offers what the draft's model takes; `inherited` is the model of the video that it remixes, if known, and `room`
    how many prompts a batch may have.
    A row with one possible value is left out. discord.py keeps dismissed forms for the life of the process, so this one
    is stopped already.
    """
    remix = form.purpose is FormPurpose.REMIX
    texts = _TEXTS[form.purpose]
    modal = discord.ui.Modal(title=clip(say(texts.title, reader), _TITLE_MAX), custom_id=str(form))
    modal.add_item(_prompt_row(draft, reader, texts, room))
    model = catalogue.find(draft.request.model, inherited) or catalogue.default
    if limit := pictures_of(model):
        modal.add_item(_pictures_row(draft, reader, limit))
    inherits = remix and catalogue.find(None, inherited) is not None
    for row in _choice_rows(draft.request, catalogue, model, reader, inherits=inherits):
        modal.add_item(row)
    modal.stop()
    return modal


def fill_in(draft: Draft, answer: FormAnswer) -> Draft:
    """The draft with the form's input; new files replace all its pictures (see `with_new`), none keeps them."""
    request = replace(draft.request, prompt=answer.prompt)
    if MODEL_FIELD in answer.chosen:
        request = replace(request, model=answer.chosen[MODEL_FIELD])
    if SIZE_FIELD in answer.chosen:
        request = replace(request, size=answer.chosen[SIZE_FIELD])
    if LENGTH_FIELD in answer.chosen:
        request = replace(request, seconds=answer.chosen[LENGTH_FIELD])
    if not answer.uploads:
        return replace(draft, request=request)
    request, uploads = with_new(request, draft.uploads, answer.uploads)
    return replace(draft, request=request, uploads=uploads, pictures_dropped=False)


def _prompt_row(
    draft: Draft, reader: Reader, texts: "_Texts", room: int | None
) -> "discord.ui.Label[discord.ui.Modal]":
    # Halves of surrogate pairs can't be encoded: they become question marks.
    kept, hint = _kept_text(draft, reader), None
    if room is not None:
        hint = say(Key.FORM_BATCH_ROOM, reader, room=room)
    elif texts.description is not None and kept is None:
        hint = say(texts.description, reader)
    filled = clip(draft.request.prompt.encode("utf-8", "replace").decode(), PROMPT_MAX_CHARACTERS)
    return discord.ui.Label(
        text=say(texts.prompt, reader),
        description=clip(" ".join(part for part in (hint, kept) if part), _VALUE_MAX) or None,
        component=discord.ui.TextInput(
            custom_id=PROMPT_FIELD,
            style=discord.TextStyle.paragraph,
            placeholder=clip(say(texts.example, reader), _VALUE_MAX),
            default=filled or None,
            required=True,
            min_length=1,
            max_length=PROMPT_MAX_CHARACTERS,
        ),
    )


def _kept_text(draft: Draft, reader: Reader) -> str | None:
    """What the draft has that no row changes."""
    request = draft.request
    texts = [say(Key.FORM_IMPROVE, reader)] if draft.improve else []
    if request.private:
        texts.append(say(Key.FORM_PRIVATE, reader))
    if request.frames == "loop":
        texts.append(say(Key.FORM_LOOP, reader))
    if request.options:
        texts.append(
            say(Key.FORM_OPTIONS, reader, options=plain(" · ".join(option_texts(request, reader)), _VALUE_MAX))
        )
    return clip(" ".join(texts), _VALUE_MAX) or None


def _pictures_row(draft: Draft, reader: Reader, limit: int) -> "discord.ui.Label[discord.ui.Modal]":
    count = len(draft.request.references) + len(draft.uploads)
    if draft.request.frames == "pair":
        key = {0: Key.FORM_PAIR_HINT, 1: Key.FORM_LAST_KEPT}.get(count, Key.FORM_PAIR_KEPT)
        description = say(key, reader)
    elif count:
        description = say(Key.FORM_PICTURES_KEPT, reader, count=count)
    else:
        key = Key.FORM_PICTURES_DROPPED if draft.pictures_dropped else Key.FORM_PICTURES_HINT
        description = say(key, reader, limit=limit)
    return discord.ui.Label(
        text=say(Key.FORM_PICTURES, reader),
        description=description,
        component=discord.ui.FileUpload(custom_id=PICTURES_FIELD, required=False, min_values=0, max_values=limit),
    )


def _choice_rows(
    request: VideoRequest, catalogue: Catalogue, model: OfferedModel, reader: Reader, *, inherits: bool
) -> "Iterator[discord.ui.Label[discord.ui.Modal]]":
    """`inherits`: without a choice the model is that of the video that is remixed."""
    default = (DEFAULT_VALUE, say(Key.CHOICE_DEFAULT, reader))
    if len(catalogue.models) > 1:
        first = None if inherits else catalogue.default
        names = [(one.name, model_name(one.label, reader, default=one is first)) for one in catalogue.models]
        yield _choice_row(MODEL_FIELD, Key.FORM_MODEL, [default, *names] if inherits else names, request.model, reader)
    if len(model.sizes) > 1:
        names = [(size, size_name(size, reader)) for size in model.sizes]
        yield _choice_row(SIZE_FIELD, Key.FORM_SIZE, [default, *names], request.size, reader)
    if len(model.seconds) > 1:
        names = [(seconds, length_name(seconds, reader)) for seconds in model.seconds]
        yield _choice_row(LENGTH_FIELD, Key.FORM_LENGTH, [default, *names], request.seconds, reader)


def _choice_row(
    custom_id: str, key: Key, names: list[tuple[str, str]], chosen: str | None, reader: Reader
) -> "discord.ui.Label[discord.ui.Modal]":
    values = [value for value, _ in names]
    # An option that is no longer offered is shown as the first choice: the default.
    index = values.index(chosen) if chosen in values else 0
    shown = names[:CHOICES_MAX] if index < CHOICES_MAX else [*names[: CHOICES_MAX - 1], names[index]]
    options = [discord.SelectOption(label=name, value=value, default=value == values[index]) for value, name in shown]
    # A row that comes back empty changes nothing.
    return discord.ui.Label(
        text=say(key, reader), component=discord.ui.Select(custom_id=custom_id, options=options, required=False)
    )


def read(data: Mapping[str, Any]) -> FormAnswer:
    """The input, from the `data` of a form's interaction. Missing or odd fields count as empty.

    Raises `RefusalError` for a file that is named but missing: the person requested a video with it.
    """
    prompt = ""
    uploads: list[Upload] = []
    chosen: dict[str, str | None] = {}
    attachments = _mapping(_mapping(data.get("resolved")).get("attachments"))
    for one in _fields(data.get("components"), _DEEPEST):
        if one.get("type") == _TYPE_TEXT_INPUT and one.get("custom_id") == PROMPT_FIELD:
            value = one.get("value")
            prompt = value if isinstance(value, str) else ""
        elif one.get("type") == _TYPE_FILE_UPLOAD and one.get("custom_id") == PICTURES_FIELD:
            uploads.extend(_upload(attachments.get(str(file))) for file in _items(one.get("values")))
        elif one.get("type") == _TYPE_SELECT and one.get("custom_id") in _CHOICE_FIELDS:
            values = [value for value in _items(one.get("values")) if isinstance(value, str)]
            if values:
                chosen[str(one.get("custom_id"))] = None if values[0] == DEFAULT_VALUE else values[0][:_VALUE_MAX]
    return FormAnswer(prompt, tuple(uploads), chosen)


def typed_prompt(data: Mapping[str, Any] | None) -> str:
    """The typed prompt, from the `data` of a form's or a command's interaction, also if other fields are odd."""
    typed = [one.get("value") for one in map(_mapping, _items(_mapping(data).get("options"))) if _is_prompt(one)]
    fields = _fields(_mapping(data).get("components"), _DEEPEST)
    typed += [one.get("value") for one in fields if one.get("custom_id") == PROMPT_FIELD]
    return next((value for value in typed if isinstance(value, str)), "")


def _is_prompt(option: Mapping[str, Any]) -> bool:
    return option.get("name") == PROMPT_FIELD


def _fields(components: object, depth: int) -> Iterator[Mapping[str, Any]]:
    """The inputs themselves, out of their labels (or rows)."""
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
