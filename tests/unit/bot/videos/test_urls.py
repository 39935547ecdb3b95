"""Addresses and ids of a provider: whose they are, and how an id becomes part of a path."""

import pytest

from bot.videos.urls import resolve, same_origin, segment, usable_id

BASE = "https://api.example.com/v1"


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("https://cdn.example.com/v.mp4?sig=%2f", "https://cdn.example.com/v.mp4?sig=%2f"),
        (" /v1/videos/1 ", "https://api.example.com/v1/videos/1"),
        ("videos/1", "https://api.example.com/v1/videos/1"),
        ("data:video/mp4;base64,AA==", "data:video/mp4;base64,AA=="),
        ("video", None),
        ("ftp://example.com/v.mp4", None),
        ("https://a@cdn.example.com/v.mp4", None),
        ("https://:b@cdn.example.com/v.mp4", None),
        ("https://cdn.example.com/a b.mp4", None),
        ("https://cdn.example.com\\v.mp4", None),
        ("https://cdn.example.com/a\x7fb.mp4", None),
        ("https://cdn.example.com/a\x01b.mp4", None),
        ("https://[::1/v.mp4", None),
    ],
)
def test_an_address_is_resolved_or_is_none(url: str, resolved: str | None) -> None:
    """An absolute one stays as it is; one with controls, a space, a backslash or a user name is none."""
    assert resolve(url, BASE) == resolved


@pytest.mark.parametrize(
    ("url", "is_same"),
    [
        ("https://api.example.com:443/other", True),
        ("http://api.example.com/v1", False),
        ("https://api.example.com:444/v1", False),
        ("https://example.com/v1", False),
        ("https://a@api.example.com/v1", False),
        ("no url", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, is_same: bool) -> None:
    """The usual port is the same as none."""
    assert same_origin(url, BASE) is is_same


@pytest.mark.parametrize(
    ("remote_id", "part"),
    [("video_1", "video_1"), ("v/1?x", "v%2F1%3Fx"), ("..", "%2E%2E"), (".", "%2E"), ("a.b", "a.b")],
)
def test_an_id_is_one_part_of_a_path(remote_id: str, part: str) -> None:
    """It can't climb."""
    assert segment(remote_id) == part


@pytest.mark.parametrize(
    ("remote_id", "is_usable"),
    [
        ("x", True),
        ("x" * 1_024, True),
        ("x" * 1_025, False),
        ("", False),
        ("a b~", True),
        ("a\x1f", False),
        ("a\x7f", False),
        ("a\x9f", False),
        ("a\xa0", True),
        ("\ud800", False),
        ("a\udfffb", False),
        ("\ue000", True),
    ],
)
def test_an_id_has_no_controls(remote_id: str, is_usable: bool) -> None:
    """One to 1,024 characters, without broken Unicode."""
    assert usable_id(remote_id) is is_usable
