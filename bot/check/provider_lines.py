"""Judges what a provider answered. Pure."""

from collections.abc import Iterator

from bot.check.findings import Finding, Line, note, ok, problem, warning
from bot.check.provider import Answer, ProviderFacts
from bot.videos.gateways import recognise
from bot.videos.model_lists import clean_line, read_model_ids

_MISSING = frozenset({404, 405, 501})
_REFUSED = frozenset({401, 403})
_NAMES_SHOWN_MAX = 10


def judge_provider(facts: ProviderFacts) -> Iterator[Finding]:
    """All lines about it; only that of its address where it can't be used at all."""
    address = judge_address(facts)
    yield address
    if not address.is_bad:
        yield judge_key(facts)
        yield judge_models(facts)
        yield judge_list(facts)
        yield judge_retries(facts)


def judge_address(facts: ProviderFacts) -> Finding:
    """Whether there is an API at that address, which the bot may use."""
    about, address = facts.setup.name, facts.setup.base_url
    answers = tuple(facts.answers.values())
    failures = [each.failure for each in answers if each.failure is not None]
    answered = [each for each in answers if each.failure is None]
    if not answered and failures:
        return problem(Line.ADDRESS, f"{facts.host} {failures[0].what}.", failures[0].remedy, about)
    statuses = {each.status for each in answered}
    if any(300 <= status < 400 for status in statuses):
        return problem(
            Line.ADDRESS,
            f"{address} leads to another address, where neither the key nor a paid request goes.",
            "Name that other address itself, as it is after the redirect.",
            about,
        )
    if all(status >= 500 and status not in _MISSING for status in statuses):
        return problem(
            Line.ADDRESS,
            f"{address} answers with errors ({_listed(statuses)}).",
            "Look at the provider's status page, or at its server's log; then check again.",
            about,
        )
    if all(200 <= status < 300 for status in statuses) and not any(each.is_good for each in answered):
        return problem(
            Line.ADDRESS,
            f"{address} answers with a page for people, and not as an API.",
            "Check the path of the address: most end in /v1.",
            about,
        )
    if statuses <= _MISSING:
        return warning(
            Line.ADDRESS,
            f"{address} answers {_listed(statuses)} to everything that is free.",
            "Check the path of the address: most end in /v1. If the provider documents no such request, it is fine.",
            about,
        )
    return ok(Line.ADDRESS, f"{address} answers.", about)


def judge_key(facts: ProviderFacts) -> Finding:
    """Whether the key is accepted, as far as a free request shows it."""
    about = facts.setup.name
    probes = [facts.answers[path] for path in facts.probes]
    if any(each.is_good and each.open_status in _REFUSED for each in probes):
        return ok(Line.KEY, "The key is accepted.", about)
    refused = next((each.status for each in probes if each.status in _REFUSED), None)
    if refused is not None:
        return problem(
            Line.KEY,
            f"The key is refused ({refused}).",
            "Correct the key (VIDEOS_API_KEY, or what the providers file names), or unblock it at the provider.",
            about,
        )
    if any(each.status == 402 for each in probes):
        return problem(Line.KEY, "The account has no credit (402).", "Pay, or name another key.", about)
    if any(each.is_good for each in probes):
        return note(
            Line.KEY, "The provider answers without a key, too: whether it is right can't be seen.", about=about
        )
    said = _listed({each.status for each in probes if each.failure is None}) or "nothing"
    return note(
        Line.KEY, f"No free request needs the key (answered: {said}): the first paid one shows it.", about=about
    )


def judge_models(facts: ProviderFacts) -> Finding:
    """Whether the provider knows the models that are offered of it."""
    about = facts.setup.name
    found = [read_model_ids(body) for body in facts.model_lists]
    known = {name for names in found if names is not None for name in names}
    if not facts.offered:
        return note(Line.MODELS, "No offered model is made by this provider.", about=about)
    if not known:
        return note(
            Line.MODELS, "It has no list of models that can be read: the first request shows them.", about=about
        )
    missing = [name for name in facts.offered if name not in known]
    if missing:
        return warning(
            Line.MODELS,
            f"Its list of {len(known)} models lacks {_named(missing)}.",
            "Correct the name (VIDEOS_MODELS, or the providers file), unless the provider lists less than it has.",
            about,
        )
    return ok(Line.MODELS, f"It knows {_named(facts.offered)}.", about)


def judge_list(facts: ProviderFacts) -> Finding:
    """Whether uncertain jobs can be found in a list of videos."""
    about, is_declared = facts.setup.name, facts.setup.abilities.list
    if facts.can_list and is_declared:
        return ok(Line.LIST, "It lists its videos: what is uncertain is found by itself.", about)
    if facts.can_list:
        return note(Line.LIST, "It lists its videos, and the providers file doesn't say so.", "Set list = true.", about)
    if is_declared and facts.is_from_file:
        return warning(
            Line.LIST,
            f"It has no list of videos that can be read ({_status(facts)}), though list = true.",
            "Take list = true out of the providers file.",
            about,
        )
    return note(
        Line.LIST,
        "It has no list of videos: after a lost answer the requester is asked, and /owner link helps.",
        about=about,
    )


def judge_retries(facts: ProviderFacts) -> Finding:
    """Whether a gateway is known to stand before the provider, which may send a paid request again."""
    about = facts.setup.name
    answers = [each for each in facts.answers.values() if each.failure is None]
    gateway = recognise((name for each in answers for name in each.headers), facts.model_lists)
    if gateway is not None:
        return warning(
            Line.RETRIES,
            f"It is behind {gateway.name}, which may send a paid request again: one video could be paid twice.",
            gateway.advice,
            about,
        )
    return note(
        Line.RETRIES,
        "No gateway is recognised. Whether one repeats paid requests by itself can't be seen from here.",
        "If you run one, switch its retries off (docs/providers.md).",
        about,
    )


def _status(facts: ProviderFacts) -> str:
    answer = facts.answers.get(facts.list_path or "", Answer())
    return f"answered {answer.status}" if answer.status else "no answer"


def _listed(statuses: set[int]) -> str:
    return ", ".join(str(status) for status in sorted(statuses))


def _named(names: tuple[str, ...] | list[str]) -> str:
    shown = [clean_line(name, "") or "?" for name in names[:_NAMES_SHOWN_MAX]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
