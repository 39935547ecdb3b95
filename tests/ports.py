"""Ports that nothing listens at."""

import socket
from contextlib import closing


def free_port() -> int:
    """A port of 127.0.0.1 that is free now."""
    with closing(socket.socket()) as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])
