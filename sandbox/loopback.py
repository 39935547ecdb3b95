"""Keeps a process on this machine: a look-up of a foreign name or a connection to a foreign address raises an error.

It uses Python's own audit hook, so it holds for every library and can't be removed again (PEP 578).
"""

import ipaddress
import sys
from typing import Any

_WORDS = {"", "localhost"}


class OutsideError(OSError):
    """A look-up or connection would have left this machine."""


def stay_on_loopback() -> None:
    """From now on, for the rest of this process."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo" and not _is_here(arguments[0]):
        raise OutsideError(f"Nothing may be looked up outside: {arguments[0]!r}.")
    if event in {"socket.gethostbyname", "socket.gethostbyaddr"} and not _is_here(arguments[0]):
        raise OutsideError(f"Nothing may be looked up outside: {arguments[0]!r}.")
    # The address of a socket of a file (AF_UNIX) is a text, that of the network a tuple.
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        if isinstance(address, tuple) and not _is_here(address[0]):
            raise OutsideError(f"Nothing may be sent outside: {address!r}.")


def _is_here(host: Any) -> bool:
    """Whether that names this machine's loopback, or nothing at all."""
    if host is None:
        return True
    text = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    if text in _WORDS:
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False
