"""What compose.yaml promises an operator: settings that exist, secrets as files, no rights, time for a shutdown."""

import re

import pytest

from bot.settings import NAMES
from tests.dockerfile import stages
from tests.plain_yaml import read_yaml
from tests.rules.sources import ROOT

COMPOSE = read_yaml(ROOT / "compose.yaml")
BOT = COMPOSE["services"]["bot"]
IMAGE = stages()[-1]


def test_it_runs_the_image_that_is_built_here() -> None:
    """One service, built from the Dockerfile, under the name that `make image` gives."""
    assert list(COMPOSE["services"]) == ["bot"]
    assert BOT["build"] == "."
    assert f"--tag {BOT['image']} ." in (ROOT / "Makefile").read_text()
    assert "command" not in BOT
    assert "ports" not in BOT


def test_every_setting_exists() -> None:
    """The settings in it are those of the bot; the others come from `.env`, which may be missing."""
    assert set(BOT["environment"]) <= NAMES
    assert BOT["env_file"] == [{"path": ".env", "required": "false"}]


def test_secrets_are_files() -> None:
    """Token and key are mounted as files, from a folder that git and the builder don't see."""
    assert set(COMPOSE["secrets"]) == set(BOT["secrets"]) == {"discord_token", "videos_api_key"}
    for name in BOT["secrets"]:
        assert BOT["environment"][f"{name.upper()}_FILE"] == f"/run/secrets/{name}"
        assert COMPOSE["secrets"][name] == {"file": f"secrets/{name}"}
    assert not {"DISCORD_TOKEN", "VIDEOS_API_KEY"} & set(BOT["environment"])
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_data_outlives_the_container() -> None:
    """The image's volume has a name of its own."""
    [volume] = BOT["volumes"]
    name, _, there = volume.partition(":")
    assert name in COMPOSE["volumes"]
    assert [each.rest for each in IMAGE.said("VOLUME")] == [there] == [BOT["environment"]["DATA_DIR"]]


def test_a_shutdown_is_waited_for() -> None:
    """Docker waits longer than the 20 s that a shutdown takes."""
    assert BOT["stop_grace_period"] == "30s"


def test_a_bot_that_needs_fixing_is_not_started_for_ever() -> None:
    """It is started again five times at most, and a comment says what that has to do with exit code 78."""
    assert BOT["restart"] == "on-failure:5"
    comment = re.search(r"((?: *#.*\n)+) *restart:", (ROOT / "compose.yaml").read_text())
    assert comment is not None
    assert "78" in comment[1]


def test_it_runs_without_rights() -> None:
    """Its root file system is read-only, it has no capability and can get none, and its memory has a limit."""
    assert BOT["read_only"] == "true"
    assert BOT["cap_drop"] == ["ALL"]
    assert BOT["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in BOT["tmpfs"]] == ["/tmp"]
    assert BOT["mem_limit"] == "2g"
    assert not {"privileged", "cap_add", "network_mode", "pid", "user", "devices"} & set(BOT)


@pytest.mark.parametrize("part", ["compose.yaml", ".github/dependabot.yml"])
def test_the_file_is_plain_yaml(part: str) -> None:
    """It keeps to what our reader understands, so that no test passes over a part of it."""
    assert read_yaml(ROOT / part)
