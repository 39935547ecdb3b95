"""Checks the address of the health pages: this machine's, and free, or used by a bot that runs."""

import asyncio
import os
import socket
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import aiohttp

from bot.check.findings import Finding, Line, note, ok, problem
from bot.web.server import SERVER_NAME

_SECONDS = 3.0
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - nothing is bound to them
_PRIVILEGED = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


class Use(Enum):
    """Who uses the port."""

    FREE = auto()
    OURS = auto()
    TAKEN = auto()
    CLOSED = auto()  # to this process


@dataclass(frozen=True, slots=True)
class PortFacts:
    """The address, who uses it, and why it can't be used."""

    host: str
    port: int
    use: Use
    why: str = ""


async def look_at_port(host: str, port: int) -> PortFacts:
    """Find out without listening there: a bot may be about to."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _kind, _protocol, _name, address in found:
            _try_address(family, address[0], port)
    except OSError as error:
        return PortFacts(host, port, Use.CLOSED, error.strerror or str(error))
    url = f"http://{_bracketed(_ANYWHERE.get(host, host))}:{port}/healthz"
    try:
        timeout = aiohttp.ClientTimeout(total=_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(url, allow_redirects=False) as response,
        ):
            is_ours = response.headers.get("Server") == SERVER_NAME
    except aiohttp.ClientConnectorError:
        return PortFacts(host, port, Use.FREE)
    except (aiohttp.ClientError, OSError):
        # It takes connections, and speaks no HTTP.
        is_ours = False
    return PortFacts(host, port, Use.OURS if is_ours else Use.TAKEN)


def judge_port(facts: PortFacts | None) -> Finding:
    """Whether the pages can be served; None where HTTP_PORT is empty."""
    if facts is None:
        return note(Line.HTTP, "No health pages are served: HTTP_PORT is empty.")
    where = f"{_bracketed(facts.host)}:{facts.port}"
    match facts.use:
        case Use.FREE:
            return ok(Line.HTTP, f"The health pages can be served at {where}.")
        case Use.OURS:
            return ok(Line.HTTP, f"A bot serves its health pages at {where}.")
        case Use.TAKEN:
            return problem(
                Line.HTTP, f"Another program uses {where}, so a start would end.", "Set HTTP_PORT to a free port."
            )
        case Use.CLOSED:
            return problem(
                Line.HTTP,
                f"Nothing can be served at {where}: {facts.why}.",
                "Set HTTP_HOST to an address of this machine, and HTTP_PORT to 1024 or more.",
            )


def _try_address(family: int, host: str | int, port: int) -> None:
    """Raise OSError if this process may not serve at that address: by any port, or by that privileged one."""
    free = port if _is_privileged(port) else 0
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, free))


def _is_privileged(port: int) -> bool:
    try:
        return os.geteuid() != 0 and port < int(_PRIVILEGED.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return os.geteuid() != 0 and port < 1024


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
