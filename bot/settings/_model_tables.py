"""The models of a providers file: `[models.NAME]`."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, get_args

from bot.jobs.model import REFERENCES_MAX
from bot.jobs.offered_models import OfferedModel, Option, Price, Role, Route
from bot.settings._judges import LINE_ALLOWED, currency, decimal, line, look, one_of, seconds, size, whole
from bot.settings._option_tables import judge_over_models, read_options
from bot.settings._tables import Findings, Table, is_list, is_table
from bot.videos.dialect_choice import dialect_of
from bot.videos.provider_setup import ProviderSetup

# The choices of one option of a command (docs/facts/discord.md, "Commands").
MODELS_MAX = 25
_CHOICES_MAX = 25
NAME_MAX_CHARACTERS = 100
_PROVIDERS_MAX = 10
_WIRE_NAME_MAX_CHARACTERS = 200
_NAMES = frozenset({"label", "providers", "sizes", "seconds", "references", "roles", "price", "options"})
_PRICE_NAMES = frozenset({"currency", "per_video", "per_second", "sizes"})
_A_ROUTE = '{ provider = "main", model = "its name there" }'
_A_PRICE = 'a number as a text, such as "0.10"'
Providers = Mapping[str, ProviderSetup | None]


def read_models(document: Table, providers: Providers, findings: Findings) -> tuple[OfferedModel, ...]:
    """The models without a mistake, in their order; `providers` are all that the document names."""
    models: dict[str, OfferedModel | None] = {}
    options: dict[str, tuple[Option, ...]] = {}
    labels: dict[str, str] = {}
    names_judge = line(NAME_MAX_CHARACTERS)
    given: object = document.given("models")
    # Commands take a name as well as a label.
    names = {look(name): name for name in given} if is_table(given) else {}
    for name, path, found in document.tables("models", MODELS_MAX, "can be offered", needed=True):
        table = Table(found, path, findings, _NAMES)
        try:
            names_judge(name)
        except ValueError:
            findings.add(f"{path}: the name of a model must be {LINE_ALLOWED.format(NAME_MAX_CHARACTERS)}.")
        label = table.read("label", names_judge, LINE_ALLOWED.format(NAME_MAX_CHARACTERS), name)
        if (other := labels.setdefault(look(label), path)) != path:
            findings.add(f"{path}.label is wrong: {other} has the label {findings.show(label)}, too.")
        elif names.get(look(label), name) != name:
            findings.add(f"{path}.label is wrong: another model has the name {findings.show(label)}.")
        options[path] = read_options(table, findings)
        models[name] = _read_model(name, label, options[path], table, providers, findings)
    judge_over_models(options, findings)
    return tuple(model for model in models.values() if model is not None)


def _read_model(
    name: str, label: str, options: tuple[Option, ...], table: Table, providers: Providers, findings: Findings
) -> OfferedModel | None:
    routes = _read_routes(name, table, providers, findings)
    sizes = table.each("sizes", size, "a size such as 1280x720", _CHOICES_MAX)
    lengths = table.each("seconds", seconds, "a number of seconds such as 8", _CHOICES_MAX)
    references = table.read(
        "references", whole(0, REFERENCES_MAX), f"a whole number from 0 to {REFERENCES_MAX}", REFERENCES_MAX
    )
    roles = _read_roles(references, table, findings)
    price = _read_price(sizes, table, findings)
    setups = [setup for route in routes if (setup := providers[route.provider]) is not None]
    _judge_dialects(options, roles, lengths, setups, table, findings)
    for option in options:
        if option.price_factor != 1 and not table.has("price"):
            path = f"{table.path}.options.{findings.name(option.name)}.price_factor"
            findings.add(f"{path} is wrong: {table.path} has no price to multiply.")
    if not routes or not sizes or not lengths:
        return None
    return OfferedModel(name, label, routes, sizes, lengths, references, roles, price, options)


def _read_routes(name: str, table: Table, providers: Providers, findings: Findings) -> tuple[Route, ...]:
    found = table.given("providers")
    if not is_list(found) or not 0 < len(found) <= _PROVIDERS_MAX:
        about = "is missing: it" if found is None else "is wrong: it"
        example = f"[{_A_ROUTE}]"
        findings.add(f"{table.at('providers')} {about} must be a list of 1 to {_PROVIDERS_MAX}, such as {example}.")
        return ()
    routes: dict[str, Route] = {}
    for number, entry in enumerate(found):
        path = f"{table.at('providers')}[{number}]"
        if not is_table(entry):
            findings.wrong(path, entry, f"a table, such as {_A_ROUTE}")
            continue
        one = Table(entry, path, findings, {"provider", "model"})
        provider = one.need("provider", line(1000), "the name of a provider")
        model = one.read("model", line(_WIRE_NAME_MAX_CHARACTERS), "the provider's name for the model", name)
        if provider is None:
            continue
        if provider not in providers:
            hint = findings.meant(provider, providers)
            findings.add(f"{path}.provider is wrong: there is no provider {findings.show(provider)}: {hint}")
        elif provider in routes:
            findings.add(f"{path}.provider is wrong: the model has the provider {findings.show(provider)} twice.")
        else:
            routes[provider] = Route(provider, model)
    return tuple(routes.values())


def _read_roles(references: int, table: Table, findings: Findings) -> tuple[Role, ...]:
    every = get_args(Role)
    if table.given("roles") == [] and references == 0:
        return ()
    roles = table.each("roles", one_of(every), "one of " + ", ".join(every), len(every), needed=False)
    if references == 0 and roles:
        findings.add(f"{table.at('roles')} is wrong: the model takes no pictures (references is 0).")
        return ()
    if roles and "reference" not in roles and references > len(roles):
        frames = " and ".join(roles)
        findings.add(
            f"{table.at('roles')} is wrong: with {frames} alone the model takes {len(roles)}, and references is "
            f"{references}."
        )
        return ()
    return roles or (("reference",) if references else ())


def _read_price(sizes: Collection[str], table: Table, findings: Findings) -> Price | None:
    found = table.given("price")
    if found is None:
        return None
    if not is_table(found):
        example = '{ currency = "USD", per_second = "0.10" }'
        findings.wrong(table.at("price"), found, f"a table, such as {example}")
        return None
    price = Table(found, table.at("price"), findings, _PRICE_NAMES)
    unit = price.need("currency", currency, "the ISO code of a currency in capital letters, such as USD")
    given = [name for name in ("per_video", "per_second") if price.has(name)]
    if len(given) != 1:
        about = "has both per_video and per_second: keep one" if given else "needs per_video or per_second"
        findings.add(f"{price.path} {about}.")
    per_video = price.read("per_video", decimal, _A_PRICE, None)
    per_second = price.read("per_second", decimal, _A_PRICE, None)
    by_size = _read_sizes(sizes, price, findings)
    return None if unit is None else Price(unit, per_video, per_second, by_size)


def _read_sizes(sizes: Collection[str], price: Table, findings: Findings) -> dict[str, Decimal]:
    found: Any = price.given("sizes")
    if found is None:
        return {}
    if not is_table(found):
        findings.wrong(price.at("sizes"), found, 'a table, such as { "1920x1080" = "0.20" }')
        return {}
    # With a mistake in the sizes of the model, those of the price aren't more of them.
    known = set(sizes) or {name.lower() for name in found}
    table = Table({name.lower(): amount for name, amount in found.items()}, price.at("sizes"), findings, known)
    judged = {name: table.need(name.lower(), decimal, _A_PRICE) for name in found if name.lower() in known}
    return {name.lower(): amount for name, amount in judged.items() if amount is not None}


def _judge_dialects(
    options: tuple[Option, ...],
    roles: tuple[Role, ...],
    lengths: tuple[str, ...],
    setups: list[ProviderSetup],
    table: Table,
    findings: Findings,
) -> None:
    """Whether one of the model's providers can send each option, each role of a picture, and each length.

    A request is never sent to those that can't (`bot.videos.sendable`).
    """
    dialects = [(setup.dialect, dialect_of(setup)) for setup in setups]
    for option in options:
        without = [name for name, dialect in dialects if option.wire in dialect.own_fields]
        path = f"{table.path}.options.{findings.name(option.name)}"
        about = f"the dialect {_and(without)} sends {findings.show(option.wire)} itself"
        if without and len(without) == len(dialects):
            findings.add(f"{path}.wire is wrong: {about}, so that can't be an option.")
        elif without and option.default is not None:
            findings.add(f"{path}.default is wrong: {about}, and the default is part of every request.")
    for length in lengths:
        without = [name for name, dialect in dialects if not dialect.has_length(length)]
        if without and len(without) == len(dialects):
            about = f"the dialect {_and(without)} has no length of {length} seconds"
            findings.add(f"{table.at('seconds')} is wrong: {about}.")
    for role in roles:
        without = [name for name, dialect in dialects if role not in dialect.roles]
        # Without references every picture is a frame, so each provider has to take it.
        if without and ("reference" not in roles or len(without) == len(dialects)):
            about = f"the dialect {_and(without)} has no field for the role {role}"
            findings.add(f"{table.at('roles')} is wrong: {about}.")


def _and(names: list[str]) -> str:
    return " and ".join(dict.fromkeys(names))
