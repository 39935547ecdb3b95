"""Writes a providers file from what providers say about themselves. Pure.

It offers what is configured today and what a list of video models describes; everything else is a comment to choose
from. What must be guessed has a comment that says so.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from bot.jobs.model import REFERENCES_MAX
from bot.jobs.offered_models import OfferedModel, Option, Price, Role, Route
from bot.settings._file_text import (
    FILE_MAX_BYTES,
    commented,
    key,
    listed,
    numbers,
    option_lines,
    pair,
    price_line,
    quoted,
)
from bot.settings._judges import decimal, line, look
from bot.settings._model_tables import MODELS_MAX as OFFERED_MAX
from bot.settings._model_tables import NAME_MAX_CHARACTERS
from bot.settings._option_tables import OPTIONS_MAX
from bot.settings._provider_tables import has_effect
from bot.settings._setup import Setup
from bot.settings._showing import LIKE_A_KEY
from bot.videos.dialect_choice import dialect_of
from bot.videos.model_lists import MODELS_MAX, ListedModel, ModelList
from bot.videos.provider_setup import Abilities, ProviderSetup

# A longer list without descriptions is one of models of every kind.
_SMALL_LIST = 3
# What is left for the names of models that don't fit.
_TEXT_MAX_BYTES = FILE_MAX_BYTES - 1024
_REFERENCE: tuple[Role, ...] = ("reference",)
_SEED = Option("seed", "integer", "seed", "The same seed gives a similar video", minimum=0, maximum=4294967295)
_SOUND = Option("sound", "switch", "generate_audio", "With sound")
_HEAD = """\
# Written by `python -m bot providers --write` from what the addresses say about themselves.
# Nothing in it was tried. Read it, delete what you don't want to offer, and set PROVIDERS_FILE to its path.
# Prices are comments: check them first. Everything after # is a comment.
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one provider answered: its lists, and for each one that isn't there why, in words of our own."""

    provider: ProviderSetup
    models: ModelList | str
    video_models: ModelList | str

    def find(self, name: str) -> ListedModel | None:
        """What it says about the model that it has under that name."""
        lists = [each for each in (self.video_models, self.models) if isinstance(each, ModelList)]
        return next((model for each in lists for model in each.models if model.id == name), None)

    @property
    def is_readable(self) -> bool:
        """Whether there is a list at all."""
        return isinstance(self.models, ModelList) or isinstance(self.video_models, ModelList)


@dataclass(slots=True)
class _Entry:
    """A model to be written, and how sure each of its fields is."""

    model: OfferedModel
    notes: dict[str, str] = field(default_factory=dict[str, str])
    comments: list[str] = field(default_factory=list[str])
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """The text of a providers file, and how many models it offers and has as comments."""

    text: str
    offered: int
    others: int


def write_text(setup: Setup, answers: Sequence[Answers], *, guess_dialect: bool) -> Written:
    """The text of a providers file that the bot can read; `answers` has one for each provider of `setup`.

    `guess_dialect`: the dialect was never configured, so a description in OpenRouter's form is taken for one.
    """
    speakers = {each.provider.name: _with_dialect(each) if guess_dialect else each.provider for each in answers}
    entries = _entries(setup, answers, speakers)
    text = "\n".join([_HEAD, *(_provider_text(speakers[each.provider.name], each, setup) for each in answers)])
    left_bytes, kept = _TEXT_MAX_BYTES - len(text.encode()), list[_Entry]()
    # What is offered comes first where not all of it fits.
    for entry in sorted(entries, key=lambda entry: not entry.offered):
        needed_bytes = len(_model_text(entry).encode()) + 1
        if needed_bytes <= left_bytes:
            left_bytes -= needed_bytes
            kept.append(entry)
    kept.sort(key=entries.index)
    text = "\n".join([text, *map(_model_text, kept)])
    if len(kept) < len(entries):
        text += f"\n# {len(entries) - len(kept)} more models are left out: the file would be too large.\n"
    offered = sum(entry.offered for entry in kept)
    return Written(text, offered, len(kept) - offered)


def _with_dialect(answers: Answers) -> ProviderSetup:
    lists = answers.video_models
    if isinstance(lists, ModelList) and any(model.is_described for model in lists.models):
        return replace(answers.provider, dialect="openrouter", abilities=Abilities())
    return answers.provider


def _entries(setup: Setup, answers: Sequence[Answers], speakers: Mapping[str, ProviderSetup]) -> list[_Entry]:
    """The configured models in their order, then the listed ones; at most 200, and at most 25 of them offered."""
    by_name = {each.provider.name: each for each in answers}
    entries = {model.name: _configured(model, by_name, speakers) for model in setup.models}
    covered = {(route.provider, route.model) for model in setup.models for route in model.routes}
    for each in answers:
        for listed_model, offered in _listed(each):
            route = Route(each.provider.name, listed_model.id)
            if (route.provider, route.model) in covered or not _is_writable(listed_model.id):
                continue
            covered.add((route.provider, route.model))
            if listed_model.id in entries:
                entries[listed_model.id].comments.append(
                    f"{each.provider.name} lists a model of that name, too: "
                    f"{{ provider = {quoted(route.provider)}, model = {quoted(route.model)} }}"
                )
            elif len(entries) < MODELS_MAX:
                entries[listed_model.id] = _learned(listed_model, route, setup, speakers[route.provider])
                entries[listed_model.id].offered = offered
    _settle(list(entries.values()))
    return list(entries.values())


def _is_writable(text: str | None) -> bool:
    """Whether the bot takes that name or label, and people can see it."""
    try:
        return LIKE_A_KEY.search(line(NAME_MAX_CHARACTERS)(text)) is None
    except ValueError:
        return False


def _listed(answers: Answers) -> list[tuple[ListedModel, bool]]:
    """The models of a provider, and whether each is surely one for videos.

    Where there is a list of video models, the other one adds only those that describe themselves.
    """
    found = [(model, True) for model in _models(answers.video_models)]
    plain = _models(answers.models)
    if found:
        plain = tuple(model for model in plain if model.is_described)
    return found + [(model, model.is_described or len(plain) <= _SMALL_LIST) for model in plain]


def _models(answer: ModelList | str) -> tuple[ListedModel, ...]:
    return answer.models if isinstance(answer, ModelList) else ()


def _configured(model: OfferedModel, answers: Mapping[str, Answers], speakers: Mapping[str, ProviderSetup]) -> _Entry:
    """A model that is offered today, with what its first provider says about it where it says something."""
    route = model.routes[0]
    known = answers[route.provider].find(route.model)
    entry = _Entry(model)
    if known is None:
        about = "doesn't list it" if answers[route.provider].is_readable else "has no list of models that can be read"
        entry.comments.append(f"As configured: {route.provider} {about}.")
        known = ListedModel(route.model)
    roles = _sendable(model, speakers)
    references = model.references if "reference" in roles else min(model.references, len(roles))
    entry.model = replace(
        model,
        sizes=known.sizes or model.sizes,
        seconds=_sendable_lengths(known.seconds or model.seconds, [speakers[one.provider] for one in model.routes]),
        references=references,
        roles=roles,
        options=(*model.options, *_more_options(known, model.options)),
    )
    for name in ("sizes", "seconds"):
        if not getattr(known, name):
            entry.notes[name] = "as configured: the provider doesn't say"
    entry.comments += _about(known)
    return entry


def _sendable(model: OfferedModel, speakers: Mapping[str, ProviderSetup]) -> tuple[Role, ...]:
    """The roles of pictures that one of its providers can send."""
    able = frozenset[Role]().union(*(dialect_of(speakers[route.provider]).roles for route in model.routes))
    return tuple(role for role in model.roles if role in able)


def _sendable_lengths(lengths: tuple[str, ...], providers: Sequence[ProviderSetup]) -> tuple[str, ...]:
    """The lengths that one of the providers can send; without any, the whole seconds before it."""
    dialects = [dialect_of(provider) for provider in providers]
    able = tuple(length for length in lengths if any(dialect.has_length(length) for dialect in dialects))
    return able or tuple(dict.fromkeys(str(max(math.floor(float(length)), 1)) for length in lengths))


def _learned(known: ListedModel, route: Route, setup: Setup, provider: ProviderSetup) -> _Entry:
    """A model that isn't configured; what its provider doesn't say is taken from the first configured model."""
    like = setup.models[0]
    frames: tuple[Role, ...] = tuple(role for role in known.frames or () if role in dialect_of(provider).roles)
    references = len(frames) if frames else 0 if known.frames is not None else 1
    entry = _Entry(
        OfferedModel(
            known.id, known.label if known.label and _is_writable(known.label) else known.id,
            (route,), known.sizes or like.sizes,
            _sendable_lengths(known.seconds or like.seconds, [provider]),
            min(references, REFERENCES_MAX), frames or _REFERENCE[:references],
            _price_of(known), tuple(_more_options(known, ())),
        ),
        comments=_about(known),
    )  # fmt: skip
    for name in ("sizes", "seconds"):
        if not getattr(known, name):
            entry.notes[name] = "a guess: the provider doesn't say"
    entry.notes["references"] = "a guess: only frames are known" if known.frames is not None else "a guess"
    if not known.is_described:
        entry.comments.insert(0, "A guess: the provider doesn't say whether it makes videos.")
    return entry


def _more_options(known: ListedModel, options: tuple[Option, ...]) -> list[Option]:
    found = [option for option, has in ((_SEED, known.seed), (_SOUND, known.sound)) if has]
    taken = {option.name for option in options} | {option.wire for option in options}
    return [option for option in found if option.name not in taken and option.wire not in taken]


def _about(known: ListedModel) -> list[str]:
    """What else the provider says, as it says it."""
    said = [f"{name}: {listed(values)}" for name, values in known.about]
    if known.prices:
        said.append("pricing_skus: " + ", ".join(f"{quoted(name)} = {quoted(price)}" for name, price in known.prices))
    return [LIKE_A_KEY.sub("(it looks like a key)", each) for each in said]


def _price_of(known: ListedModel) -> Price | None:
    """The plain price of a second, in dollars (docs/facts/provider.md, "Lists of models")."""
    amount = dict(known.prices).get("per-video-second")
    try:
        return None if amount is None else Price("USD", per_second=decimal(amount))
    except ValueError:
        return None


def _settle(entries: list[_Entry]) -> None:
    """Turn into comments what can't be offered beside the others: too many models, or a label twice.

    Options beyond the number that fits, or of another type than before, are left out.
    """
    labels: set[str] = set()
    types: dict[str, str] = {}
    names = {look(entry.model.name): entry.model.name for entry in reversed(entries)}
    for entry in entries:
        name, label = entry.model.name, entry.model.label
        label = name if look(label) in labels or names.get(look(label), name) != name else label
        entry.offered &= len(labels) < OFFERED_MAX and look(label) not in labels and names[look(name)] == name
        options: list[Option] = []
        known = dict(types)
        for option in entry.model.options:
            room = option.name in known or len(known) < OPTIONS_MAX
            if room and known.setdefault(option.name, option.type) == option.type:
                options.append(option)
        entry.model = replace(entry.model, label=label, options=tuple(options))
        if entry.offered:
            labels.add(look(label))
            types = known


def _provider_text(provider: ProviderSetup, answers: Answers, setup: Setup) -> str:
    lines = [f"[providers.{key(provider.name)}]", pair("base_url", quoted(provider.base_url))]
    lines.append(pair("api_key", quoted(setup.key_sources[provider.name])))
    guessed = provider.dialect != answers.provider.dialect
    lines.append(pair("dialect", quoted(provider.dialect), "a guess: by its list of video models" if guessed else ""))
    plain = ProviderSetup("", "", "")
    used = [name for name in ("body", "reference_field") if has_effect(provider, name)]
    changed = [name for name in (*used, "reference_fit") if getattr(provider, name) != getattr(plain, name)]
    lines += [pair(name, quoted(getattr(provider, name))) for name in changed]
    if provider.retry_server_errors != plain.retry_server_errors:
        lines.append(pair("retry_server_errors", str(provider.retry_server_errors)))
    can = [ability.name for ability in fields(Abilities) if getattr(provider.abilities, ability.name)]
    lines += [pair(name, "true", "as configured: lists of models don't say") for name in can]
    lines += [_list_comment("GET /models", answers.models), _list_comment("GET /videos/models", answers.video_models)]
    return "\n".join([*lines, ""])


def _list_comment(request: str, answer: ModelList | str) -> str:
    if isinstance(answer, str):
        return f"# {request}: unknown, {answer}."
    why = "too many, twice, or with a name that can't be used"
    more = f", and {answer.left_out} that are left out: {why}" if answer.left_out else ""
    models = "1 model" if len(answer.models) == 1 else f"{len(answer.models)} models"
    return f"# {request}: {models}{more}."


def _model_text(entry: _Entry) -> str:
    model, notes = entry.model, entry.notes
    path = f"models.{key(model.name)}"
    routes = ", ".join(f"{{ provider = {quoted(r.provider)}, model = {quoted(r.model)} }}" for r in model.routes)
    lines = [
        f"[{path}]",
        pair("label", quoted(model.label)),
        pair("providers", f"[{routes}]"),
        pair("sizes", listed(model.sizes), notes.get("sizes", "")),
        pair("seconds", listed(numbers(model.seconds)), notes.get("seconds", "")),
        pair("references", str(model.references), notes.get("references", "")),
        pair("roles", listed(model.roles)),
        *commented(entry.comments),
    ]
    if model.price is not None:
        lines.append(price_line(model.price))
    for option in model.options:
        lines += option_lines(path, option)
    return "\n".join([*(lines if entry.offered else commented(lines)), ""])
