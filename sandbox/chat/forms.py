"""A form as a person sees it, and the data that Discord's client sends when they fill it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.chat import payloads
from sandbox.chat.command_filler import NotPossibleError, keep_file
from sandbox.chat.model import Interaction
from sandbox.chat.records import File, Json, parts_of
from sandbox.chat.selects import Picker, check_count
from sandbox.chat.world import World

_ROW, _SELECT, _TEXT, _LABEL, _FILES, _RADIO, _CHECKBOXES, _CHECKBOX = 1, 3, 4, 18, 19, 21, 22, 23
_KINDS = {
    _TEXT: "text", _SELECT: "select", 5: "user", 6: "role", 7: "mentionable", 8: "channel", _FILES: "files",
    _RADIO: "radio", _CHECKBOXES: "checkboxes", _CHECKBOX: "checkbox",
}  # fmt: skip
_TEXT_MAX = 4000
Filled = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form. Lengths are characters of a text, values are files or choices."""

    label: str
    description: str
    custom_id: str
    kind: str
    required: bool
    value: str
    min_length: int
    max_length: int
    min_values: int
    max_values: int
    options: tuple[str, ...]
    multiline: bool
    placeholder: str
    component: Json = field(repr=False)


class Fields(dict[str, Field]):
    """Fields by label; a custom id finds its field as well."""

    @property
    def ids(self) -> dict[str, Field]:
        """The same by custom id alone."""
        return {one.custom_id: one for one in self.values()}

    def __missing__(self, name: str) -> Field:
        if name in self.ids:
            return self.ids[name]
        raise KeyError(f"The form has no field '{name}'; it has: {', '.join(self)}.")


@dataclass(frozen=True, slots=True)
class Form:
    """A form that the bot has opened for one person."""

    title: str
    custom_id: str
    fields: Fields
    interaction: Interaction = field(repr=False)


def form_of(interaction: Interaction) -> Form | None:
    """The form of the response to an interaction."""
    modal = interaction.modal
    if modal is None:
        return None
    fields = Fields()
    for top in modal["components"]:
        inner = top.get("component") or next(iter(parts_of(top, "components")), None)
        if inner is not None:
            one = _field(top, inner)
            # Two fields may carry the same label: then the second is found by its custom id alone.
            fields[one.custom_id if not one.label or one.label in fields else one.label] = one
    return Form(modal["title"], modal["custom_id"], fields, interaction)


def _field(top: Json, inner: Json) -> Field:
    kind = int(inner["type"])
    required = inner.get("required") is not False and kind != _CHECKBOX
    default_low = 1 if required else 0
    low = inner.get("min_values")
    options: list[Json] = parts_of(inner, "options")
    default_high = len(options) if kind == _CHECKBOXES else 1
    return Field(
        label=str(top.get("label") or inner.get("label") or ""),
        description=str(top.get("description") or ""),
        custom_id=inner["custom_id"],
        kind=_KINDS.get(kind, str(kind)),
        required=required,
        value=str(inner.get("value") or ""),
        min_length=int(inner.get("min_length") or 0),
        max_length=int(inner.get("max_length") or _TEXT_MAX),
        min_values=default_low if low is None else int(low),
        max_values=int(inner.get("max_values") or default_high),
        options=tuple(str(one["label"]) for one in options),
        multiline=inner.get("style") == 2,
        placeholder=str(inner.get("placeholder") or ""),
        component=inner,
    )


class FormFiller:
    """Turns a person's input for the form into the data of the interaction; unless `checked`, any input."""

    def __init__(self, world: World, form: Form, *, checked: bool = True) -> None:
        self._world = world
        self._form = form
        self._checked = checked
        self._resolved: Json = {}
        opener = form.interaction
        self._picker = Picker(world, opener.user, opener.channel, self._resolved)

    def data(self, filled: Filled) -> Json:
        """The `data` of the submit, checked as the client checks it; raises `NotPossibleError`."""
        by_id: dict[str, object] = {}
        for name, value in filled.items():
            try:
                fields = self._form.fields
                by_id[(fields.ids.get(name) or fields[name]).custom_id] = value
            except KeyError as error:
                raise NotPossibleError(str(error.args[0])) from error
        modal = self._form.interaction.modal or {}
        components = [self._top(top, by_id) for top in modal["components"]]
        data: Json = {"custom_id": self._form.custom_id, "components": components}
        return {**data, "resolved": self._resolved} if self._resolved else data

    def _top(self, top: Json, by_id: dict[str, object]) -> Json:
        sent: Json = {"type": top["type"], "id": top["id"]}
        if top["type"] == _LABEL:
            sent["component"] = self._inner(top["component"], by_id)
        if top["type"] == _ROW:
            sent["components"] = [self._inner(top["components"][0], by_id)]
        return sent

    def _inner(self, inner: Json, by_id: dict[str, object]) -> Json:
        one = self._form.fields.ids[inner["custom_id"]]
        sent: Json = {"type": inner["type"], "id": inner["id"], "custom_id": one.custom_id}
        given = by_id.get(one.custom_id)
        if inner["type"] == _TEXT:
            return {**sent, "value": _text(one, given) if self._checked else given}
        if inner["type"] == _CHECKBOX:
            return {**sent, "value": bool(inner.get("default", False) if given is None else given)}
        values = self._values(one, given)
        if inner["type"] == _RADIO:
            return {**sent, "value": values[0] if values else None}
        return {**sent, "values": values}

    def _values(self, one: Field, given: object) -> list[str]:
        if given is None and one.kind != "files":
            values = self._picker.defaults(one.component, one.label)
        else:
            items: list[object] = list(given) if isinstance(given, list | tuple) else [given]  # pyright: ignore[reportUnknownArgumentType]  # a person may give anything; `_value` looks at each
            values = [self._value(one, item) for item in items if item is not None]
        if not self._checked:
            return values
        if one.required and not values:
            raise NotPossibleError(f"'{one.label}' must be filled in.")
        if values:
            check_count(one.label, values, one.min_values, one.max_values)
        return values

    def _value(self, one: Field, item: object) -> str:
        if one.kind != "files":
            return self._picker.pick(one.component, item, one.label)
        if not isinstance(item, File):
            raise NotPossibleError(f"'{one.label}' takes files, not {item!r}.")
        world, user = self._world, self._form.interaction.user
        kept = keep_file(world, user, item, place_id=world.application_id, ephemeral=True)
        self._resolved.setdefault("attachments", {})[str(kept.id)] = payloads.attachment_json(world, kept)
        return str(kept.id)


def _text(one: Field, given: object) -> str:
    if given is not None and not isinstance(given, str):
        raise NotPossibleError(f"'{one.label}' takes a text, not {given!r}.")
    text = one.value if given is None else given
    if one.required and not text:
        raise NotPossibleError(f"'{one.label}' must be filled in.")
    if text and not one.min_length <= len(text) <= one.max_length:
        raise NotPossibleError(f"'{one.label}' takes {one.min_length} to {one.max_length} characters, not {len(text)}.")
    return text
