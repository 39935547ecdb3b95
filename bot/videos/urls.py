"""The arithmetic of URLs: one form for the base, its origin, the address of a result."""

from urllib.parse import quote, urljoin, urlsplit

from yarl import URL

_SCHEMES = frozenset({"http", "https"})
# Each job stores the address of its provider.
PROVIDER_MAX_CHARACTERS = 512
_REMOTE_ID_MAX_CHARACTERS = 1024


def normalise_base(base_url: str) -> str:
    """The base URL in the one form in which it is compared and stored: no trailing slash, no default port.

    Raises ValueError with one sentence when it is no plain http(s) URL.
    """
    url = _parse(base_url.strip())
    if url is None or url.query_string or url.fragment:
        raise ValueError("The base URL of the Videos API must look like https://host/v1.")
    return f"{url.origin()}{url.raw_path.rstrip('/')}"


def same_origin(url: str, base_url: str) -> bool:
    """Whether scheme, host and port of both are equal; False for anything odd in the URL (a user name, a backslash)."""
    left, right = _parse(url), _parse(base_url)
    # The parts and not `origin()`, which tells https://host from https://host:443.
    if left is None or right is None:
        return False
    return (left.scheme, left.host, left.port) == (right.scheme, right.host, right.port)


def resolve(url: str, base_url: str) -> str | None:
    """The absolute http(s) URL that the provider meant, or the `data:` URL as it is; None if it is neither.

    A relative one is resolved from the base URL. A bare word is no path: some servers write type markers into URL
    fields.
    """
    url = url.strip()
    if url[:5].lower() == "data:":
        return url
    try:
        # urljoin leaves an absolute URL as it is, byte for byte: quoting again would break a signed one.
        nowhere = "/" not in url or (urlsplit(url).scheme and not urlsplit(url).netloc)
        absolute = "" if nowhere else urljoin(base_url + "/", url)
    except ValueError:
        return None
    return absolute if _parse(absolute) is not None else None


def usable_id(remote_id: str) -> bool:
    """Whether a provider's id can be stored and polled: 1 to 1,024 characters, no controls, no broken Unicode."""
    return 0 < len(remote_id) <= _REMOTE_ID_MAX_CHARACTERS and not any(
        character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff" for character in remote_id
    )


def segment(remote_id: str) -> str:
    """The id as exactly one path segment: `v/1?x` becomes `v%2F1%3Fx`, and `..` cannot climb."""
    return remote_id.replace(".", "%2E") if remote_id.strip(".") == "" else quote(remote_id, safe="")


def _parse(url: str) -> URL | None:
    if any(character <= " " or character == "\\" or character == "\x7f" for character in url):
        return None
    try:
        parsed = URL(url)
        whole = parsed.scheme in _SCHEMES and parsed.host and parsed.port and parsed.user is None
    except ValueError:
        return None
    return parsed if whole and parsed.password is None else None
