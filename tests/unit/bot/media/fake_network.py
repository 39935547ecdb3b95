"""The names and connections of a network that ends at 127.0.0.1, for everything the code under test tries."""

import socket
from dataclasses import dataclass, field
from typing import Any


@dataclass
class FakeNetwork:
    """What names mean, which ports may be reached, and where connections were tried that must not leave."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    ports: set[int] = field(default_factory=set)
    attempts: list[str] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)

    def name(self, host: str, *answers: list[str]) -> None:
        """Each look-up takes the next answer; the last one stays."""
        self.names[host] = list(answers)

    def getaddrinfo(self, host: Any, port: Any, *_args: Any, **_named: Any) -> list[Any]:
        host = host.decode() if isinstance(host, bytes) else host
        host = host.lower()
        self.resolved.append(host)
        answers = self.names.get(host)
        if answers is None:
            try:  # what the machine's resolver takes for an address: 127.1, 0x7f.1 …
                answers = [[socket.inet_ntoa(socket.inet_aton(host))]]
            except OSError:
                raise socket.gaierror(socket.EAI_NONAME, "unknown in this test") from None
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (each, port, 0, 0))
            if ":" in each
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port))
            for each in addresses
        ]
