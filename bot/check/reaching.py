"""Why a server could not be reached, in words for the operator. Pure."""

import errno
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp

from bot.videos.private_network import PublicAddressError

_CERTIFICATE = (
    "Renew its certificate, name it as the certificate does, or install the machine's authorities (ca-certificates)."
)
_PROXY = "Check DISCORD_PROXY, and the proxy itself."
_LOOK = "Check the address, its server, and the firewall between."


@dataclass(frozen=True, slots=True)
class Failure:
    """What happened, as the end of a sentence about the server, and what to do."""

    what: str
    remedy: str = _LOOK


def failure_of(error: BaseException, within_seconds: float, proxy: str | None = None) -> Failure:
    """The failure behind an exception of aiohttp, or of the system; `proxy` is the address of one on the way."""
    failure = _failure_of(error, within_seconds)
    # An error of the server behind it has the server's name.
    if proxy is None or not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ClientConnectorCertificateError):
        return failure
    parts = urlsplit(proxy)
    is_of_proxy = (error.host, error.port) == (parts.hostname, parts.port)
    if not is_of_proxy or isinstance(error, aiohttp.ClientProxyConnectionError):
        return failure
    return Failure(f"isn't reached: the proxy {failure.what}", _PROXY)


def _failure_of(error: BaseException, within_seconds: float) -> Failure:
    cause = getattr(error, "os_error", None) or error
    match error:
        case aiohttp.ClientConnectorCertificateError():
            inner = error.certificate_error
            said = inner.verify_message if isinstance(inner, ssl.SSLCertVerificationError) else str(inner)
            return Failure(f"has no valid certificate ({_line(said)})", _CERTIFICATE)
        case aiohttp.ClientSSLError():
            return Failure("doesn't speak TLS there", "Check port and scheme: http:// is for private addresses alone.")
        case aiohttp.ClientHttpProxyError(status=407):
            return Failure("isn't reached: the proxy wants another name and password (407)", "Correct DISCORD_PROXY.")
        case aiohttp.ClientHttpProxyError():
            return Failure(f"isn't reached: the proxy answers {error.status}", _PROXY)
        case aiohttp.ClientProxyConnectionError():
            return Failure("isn't reached: the proxy refuses connections, or isn't there", _PROXY)
        case aiohttp.ClientConnectorDNSError():
            return Failure("isn't known by its name", "Check the name, and this machine's name server.")
        case TimeoutError():
            return Failure(f"gave no answer within {within_seconds:.0f} s")
        case aiohttp.ServerDisconnectedError() | aiohttp.ClientPayloadError():
            return Failure("cut the connection without a whole answer")
        case _:
            pass
    if isinstance(cause, PublicAddressError):
        return Failure("has a public address, to which http:// would show the key", "Use https://.")
    if isinstance(cause, OSError) and cause.errno == errno.ECONNREFUSED:
        return Failure("refuses connections")
    if isinstance(cause, OSError) and cause.errno is not None and cause.strerror:
        return Failure(f"can't be reached ({_line(cause.strerror)})")
    return Failure(f"gave an answer that can't be read ({type(error).__name__})")


def _line(text: str) -> str:
    return " ".join(text.split())[:200]
