"""`DISCORD_PROXY`: what is an address of a proxy, and that no message shows its password."""

import pytest

from bot.cli import _secrets
from bot.settings import SettingsError, load_settings

CANARY = "canary-of-the-proxy"


@pytest.fixture(autouse=True)
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "token-canary-1")
    monkeypatch.setenv("VIDEOS_API_KEY", "key-canary-2")


@pytest.mark.parametrize(
    "value",
    [
        "http://proxy.test:3128",
        "http://127.0.0.1:3128/",
        "http://[::1]:3128",
        "http://bot@proxy.test:3128",
        "http://bot:p%40ss%2Fword@proxy.test:3128",
        "https://bot:pass@proxy.test:8443",
    ],
)
def test_an_address_with_a_port_is_taken(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """With or without a name and password; blanks round it are dropped."""
    monkeypatch.setenv("DISCORD_PROXY", f" {value} ")
    assert load_settings().proxy == value


@pytest.mark.parametrize(
    "value",
    [
        "proxy.test:3128",
        f"http://bot:{CANARY}@proxy.test",
        f"socks5://bot:{CANARY}@proxy.test:1080",
        f"http://bot:{CANARY}@proxy.test:3128/path",
        f"http://bot:{CANARY}@proxy.test:3128?a=b",
        f"http://bot:{CANARY}@proxy.test:3128#a",
        f"http://bot:{CANARY}/x@proxy.test:3128",
        f"http://bot:{CANARY}?x@proxy.test:3128",
        f"http://bot:{CANARY} x@proxy.test:3128",
        f"http://bot:{CANARY}ü@proxy.test:3128",
        f"http://bot:{CANARY}@proxy.test:99999",
        f"http://bot:{CANARY}@proxy.test:0",
        f"http://bot:{CANARY}@:3128",
        f"http://bot:{CANARY}@[::1:3128",
    ],
)
def test_anything_else_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """One sentence with what it must be instead."""
    monkeypatch.setenv("DISCORD_PROXY", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (mistake,) = caught.value.mistakes
    assert mistake.startswith("DISCORD_PROXY is wrong: it must be an address with a port")
    assert CANARY not in mistake


def test_the_log_hides_the_password_in_both_spellings(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the address, and as it is sent."""
    monkeypatch.setenv("DISCORD_PROXY", "http://bot:p%40ssword@proxy.test:3128")
    assert {"p%40ssword", "p@ssword"} <= {*_secrets(load_settings(), None)}
