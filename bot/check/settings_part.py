"""Checks the settings: every mistake and every doubt is a line, as a start reports them. Pure."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from bot.check.findings import Finding, Line, note, ok, problem, warning
from bot.settings import ReadSettings

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
_CORRECT = "Correct it in the environment, in .env or in the file that it names; .env.example explains each setting."


def judge_settings(found: ReadSettings) -> Iterator[Finding]:
    """A line for each mistake and doubt; one if there is none."""
    for mistake in found.mistakes:
        yield problem(Line.SETTINGS, mistake, _CORRECT)
    for doubt in found.doubts:
        yield warning(Line.SETTINGS, doubt, _CORRECT)
    if not found.mistakes and not found.doubts:
        yield ok(Line.SETTINGS, "No mistake in any setting.")


def judge_proxy(environment: Mapping[str, str], discord_proxy: str | None = None) -> Finding:
    """Which proxy is used for Discord; and whether one is set that other programs would use: the bot doesn't."""
    if discord_proxy is not None:
        parts = urlsplit(discord_proxy)
        return ok(
            Line.PROXY, f"Requests to Discord go through {parts.hostname}:{parts.port}, those to providers directly."
        )
    named = sorted({name.upper() for name, value in environment.items() if value and name.upper() in _PROXIES})
    if not named:
        return ok(Line.PROXY, "No proxy is set in the environment.")
    return note(
        Line.PROXY,
        f"{', '.join(named)} is set, and the bot doesn't use it: it connects directly.",
        "Where the proxy is the only way to the internet, set DISCORD_PROXY, and let this machine reach the providers.",
    )
