"""Where a stranger's URL may lead, judged before a socket connects."""

import json
import socket
from contextlib import nullcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from bot.media.address_guard import ForbiddenAddressError, Gate
from bot.media.video_fetcher import AddressGuard, FetchFailed, FetchRefusedByGuard, VideoFetcher
from tests.unit.bot.media.fake_file_host import FakeFileHost, answer, redirect
from tests.unit.bot.media.fake_network import FakeNetwork
from tests.unit.bot.media.fetcher_of_one import FetcherOfOne
from tests.unit.bot.media.samples import mp4

INSIDE_URLS = [
    "http://127.0.0.66/v.mp4",
    "http://127.0.0.66:8080/v.mp4",
    "http://[::1]/v.mp4",
    "http://[0:0:0:0:0:0:0:1]/v.mp4",
    "http://[::]/v.mp4",
    "http://[::ffff:127.0.0.66]/v.mp4",
    "http://[::ffff:7f00:42]/v.mp4",
    "http://[::127.0.0.66]/v.mp4",
    "http://[64:ff9b::127.0.0.66]/v.mp4",
    "http://[64:ff9b:1::1]/v.mp4",
    "http://[2002:7f00:42::]/v.mp4",
    "http://[2001:0:7f00:42::]/v.mp4",
    "http://[fe80::1]/v.mp4",
    "http://[fe80::1%25lo]/v.mp4",
    "http://[fec0::1]/v.mp4",
    "http://[fc00::1]/v.mp4",
    "http://[fd00:ec2::254]/v.mp4",
    "http://[ff02::1]/v.mp4",
    "http://0.0.0.0/v.mp4",
    "http://0/v.mp4",
    "http://10.1.2.3/v.mp4",
    "http://172.16.0.1/v.mp4",
    "http://192.168.0.1/v.mp4",
    "http://100.64.0.1/v.mp4",
    "http://100.100.100.200/v.mp4",
    "http://169.254.169.254/latest/meta-data/",
    "http://168.63.129.16/v.mp4",
    "http://192.0.0.192/v.mp4",
    "http://198.18.0.1/v.mp4",
    "http://224.0.0.1/v.mp4",
    "http://255.255.255.255/v.mp4",
    "http://2130706498/v.mp4",
    "http://0x7f000042/v.mp4",
    "http://0x7f.0.0.66/v.mp4",
    "http://0177.0.0.0102/v.mp4",
    "http://127.66/v.mp4",
    "http://127.0.0.66./v.mp4",
    "http://１２７.0.0.66/v.mp4",
    "http://127。0。0。66/v.mp4",
    "http://localhost/v.mp4",
    "http://LOCALHOST./v.mp4",
    "http://inside.test/v.mp4",
    "http://mapped.test/v.mp4",
    "http://metadata.test/v.mp4",
    "http://both.test/v.mp4",
]
ODD_URLS = [
    "ftp://files.test/v.mp4",
    "file:///etc/passwd",
    "gopher://127.0.0.66:6379/_INFO",
    "javascript:alert(1)",
    "//",
    "",
    "http://",
    "http:///v.mp4",
    "http://user@files.test/v.mp4",
    "http://user:word@files.test/v.mp4",
    "http://127.0.0.66:80@files.test/v.mp4",
    "http://files.test\\@127.0.0.66/v.mp4",
    "http://files.test/v .mp4",
    "http://files.test/v\r\nHost: x/",
    "http://files.test:0/v.mp4",
    "http://files.test:99999/v.mp4",
    "http://files..test/v.mp4",
    "http://%31%32%37.0.0.66/v.mp4",
    "http://[v1.x]/v.mp4",
    "http://[::1/v.mp4",
    "http://" + "a" * 64 + ".test/v.mp4",
    "http://" + ".".join(["a" * 60] * 5) + "/v.mp4",
]


def can_be_led_to(url: str) -> bool:
    """Whether the URL fits into a header; one without a host would mean the host that says it."""
    return url.isascii() and "\n" not in url and url.startswith("http") and url not in {"http://", "http:///v.mp4"}


@pytest.fixture
def fetcher(tmp_path: Path, api: FakeFileHost, net: FakeNetwork) -> VideoFetcher:
    for name in ("localhost", "LOCALHOST.", "localhost.", "inside.test"):
        net.name(name, ["127.0.0.66"])
    net.name("mapped.test", ["::ffff:127.0.0.66"])
    net.name("metadata.test", ["169.254.169.254"])
    net.name("both.test", ["127.0.0.66", "::1"])
    guard = AddressGuard(api.url("/v1"), ["files.test"])
    return FetcherOfOne(tmp_path / "videos", 10_000_000, guard, lambda _url: None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "url"),
    [("direct", url) for url in INSIDE_URLS + ODD_URLS]
    + [(way, url) for way in ("redirect", "pointer") for url in INSIDE_URLS + ODD_URLS if can_be_led_to(url)],
)
async def test_no_way_inside(fetcher: VideoFetcher, api: FakeFileHost, net: FakeNetwork, way: str, url: str) -> None:
    """A URL that leads inside or is odd is refused, and no connection is tried: by itself, as a redirect, in JSON."""
    api.answers["/to"] = redirect(url) if way == "redirect" else answer(json.dumps({"url": url}).encode())
    with pytest.raises(FetchRefusedByGuard):
        await fetcher.fetch(url if way == "direct" else api.url("/to"), "video-ABCDEFGH.mp4")
    assert net.attempts == []
    assert len(api.asked) == (0 if way == "direct" else 1)


async def test_rebinding(fetcher: VideoFetcher, net: FakeNetwork) -> None:
    """A name that is public at the first look-up and private at the second is connected to only while public."""
    net.name("rebind.test", ["93.184.216.34"], ["127.0.0.66"])
    with pytest.raises(FetchFailed):
        await fetcher.fetch("http://rebind.test/v.mp4", "video-ABCDEFGH.mp4")
    assert (net.resolved, net.attempts) == (["rebind.test"], ["93.184.216.34"])
    with pytest.raises(FetchRefusedByGuard):
        await fetcher.fetch("http://rebind.test/v.mp4", "video-ABCDEFGH.mp4")
    assert net.attempts == ["93.184.216.34"]


async def test_mixed_answers(fetcher: VideoFetcher, net: FakeNetwork) -> None:
    """Of a name with public and private addresses only the public ones are connected to."""
    net.name("mixed.test", ["127.0.0.66", "93.184.216.34", "::1", "10.0.0.1"])
    with pytest.raises(FetchFailed):
        await fetcher.fetch("http://mixed.test/v.mp4", "video-ABCDEFGH.mp4")
    assert net.attempts == ["93.184.216.34"]


async def test_socket_is_the_last_word(
    fetcher: VideoFetcher, net: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if the names were not judged at all, no socket connects to an inside address."""
    monkeypatch.setattr(Gate, "passable", lambda _gate, found: found)
    with pytest.raises(FetchRefusedByGuard):
        await fetcher.fetch("http://both.test/v.mp4", "video-ABCDEFGH.mp4")
    assert net.attempts == []


async def test_own_host_and_allowed_hosts(fetcher: VideoFetcher, api: FakeFileHost, files: FakeFileHost) -> None:
    """The API's own host may be inside, and so may a host that the operator allows, written in capitals too."""
    api.answers["/v.mp4"] = files.answers["/v.mp4"] = answer(mp4())
    for url in (api.url("/v.mp4"), files.url("/v.mp4", "files.test"), files.url("/v.mp4", "FILES.test")):
        assert (await fetcher.fetch(url, "video-ABCDEFGH.mp4")).size_bytes == len(mp4())


def test_allowed_with_a_port() -> None:
    """An allowed host with a port is open at that port alone; addresses may stand with or without brackets."""
    guard = AddressGuard("http://api.test/v1", ["127.0.0.66:9000", "::1", "[fd00::1]:90"])
    for url in ("http://127.0.0.66:9000/", "http://[::1]:5/", "http://[fd00::1]:90/"):
        guard.admit(url)
    for url in ("http://127.0.0.66/", "http://[fd00::1]/", "http://127.0.0.67:9000/"):
        with pytest.raises(FetchRefusedByGuard):
            guard.admit(url)
    with pytest.raises(ValueError, match="not the name"):
        AddressGuard("http://api.test/v1", ["nas/share"])


def test_never_down_to_http() -> None:
    """http is refused when the API speaks https, and after an https hop even when the API speaks http."""
    strict, plain = AddressGuard("https://api.test/v1", ["files.test"]), AddressGuard("http://api.test/v1", [])
    for url in ("http://files.test/v", "http://api.test/v", "http://cdn.test/v"):
        with pytest.raises(FetchRefusedByGuard):
            strict.admit(url)
    with pytest.raises(FetchRefusedByGuard):
        plain.admit("http://cdn.test/v", URL("https://cdn.test/u"))
    assert plain.admit("http://cdn.test/v", URL("http://cdn.test/u")).host == "cdn.test"
    assert plain.admit("https://cdn.test/v", URL("http://cdn.test/u")).scheme == "https"


def test_signed_urls_stay_as_they_are() -> None:
    """No byte of a signed URL changes."""
    signed = "https://cdn.test/a%2Fb/v.mp4?X-Sig=%2b/=&e=1%20+%7E&n=a|b"
    assert str(AddressGuard("https://api.test/v1", []).admit(signed)) == signed


@settings(max_examples=50)
@given(st.one_of(st.text(max_size=40), st.text(max_size=40).map("https://".__add__), st.from_regex(r"https?://\S*")))
def test_any_text(text: str) -> None:
    """Any text is admitted as a plain web address or refused; nothing else is raised."""
    guard = AddressGuard("http://api.test/v1", [])
    try:
        url = guard.admit(text)
    except FetchRefusedByGuard:
        return
    assert url.scheme in {"http", "https"}
    assert url.raw_host
    assert url.user is None


@pytest.mark.parametrize(
    ("address", "opens"),
    [("10.0.0.5", True), ("::1", True), ("fd00::5", True), ("::ffff:10.0.0.5", True), ("8.8.8.8", False),
     ("::ffff:8.8.8.8", False), ("2002:808:808::1", False), ("64:ff9b::808:808", False), ("100.64.0.1", False),
     ("192.0.2.1", False)],
)  # fmt: skip
def test_the_key_goes_over_plain_http_to_local_addresses_alone(address: str, opens: bool) -> None:
    """Also where a public IPv4 address is written as one of IPv6, which is no public one for other questions."""
    gate = AddressGuard("http://provider.test:8080/v1", ()).gate(URL("http://provider.test:8080/v1/videos/1/content"))
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    info = (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 8080))
    with nullcontext() if opens else pytest.raises(ForbiddenAddressError):
        gate._socket(info).close()
