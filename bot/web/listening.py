"""Takes the address at which the bot's pages are served."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

_WAITING_MAX = 64


class ListenError(Exception):
    """Nothing can be served at HTTP_HOST and HTTP_PORT. The message is one line for the operator."""

    def __init__(self, host: str, port: int, why: OSError) -> None:
        where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        super().__init__(f"Nothing can be served at HTTP_HOST and HTTP_PORT, {where}: {why.strerror or why}.")


async def listen(host: str, port: int) -> Sequence[socket.socket]:
    """Sockets that listen at that port, one for each address of the host. Raises `ListenError`."""
    opened: list[socket.socket] = []
    try:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _type, _protocol, _name, address in dict.fromkeys(found):
            opened.append(_listening(family, address))
    except OSError as error:
        for each in opened:
            each.close()
        raise ListenError(host, port, error) from error
    return opened


def _listening(family: int, address: tuple[Any, ...]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setblocking(False)  # the standard library's
        # A port whose last connections have just ended is free.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(_WAITING_MAX)
    except OSError:
        made.close()
        raise
    return made
