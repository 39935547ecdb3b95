"""The kill switch: a file in the data folder that is looked for before anything is paid for."""

import os
from pathlib import Path

import pytest

from bot.engine.kill_switch import FILE_NAME, KillSwitch
from bot.engine.pipeline.throttle import ProviderThrottle
from bot.jobs.reasons import Reason, Refusal
from bot.videos.provider_faults import SpendingStopped
from bot.videos.spending import SpendGuard
from tests.unit.bot.engine.fake_clock import FakeClock


def test_it_is_a_file_that_outlives_the_process(tmp_path: Path) -> None:
    """Turned on and off it lays and takes the file; twice is as good as once, and another life sees the same."""
    kill_switch, next_life = KillSwitch(tmp_path), KillSwitch(tmp_path)
    assert not kill_switch.is_on()
    for _ in range(2):
        kill_switch.turn_on()
        assert kill_switch.is_on()
        assert next_life.is_on()
    for _ in range(2):
        kill_switch.turn_off()
        assert not kill_switch.is_on()
        assert not next_life.is_on()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link", "pipe"])
def test_anything_of_that_name_stops_spending(tmp_path: Path, kind: str) -> None:
    """A file of any kind, created by hand, counts at once; turning on does not follow a link out of the folder."""
    file, outside = tmp_path / FILE_NAME, tmp_path / "outside"
    kill_switch = KillSwitch(tmp_path)
    match kind:
        case "file":
            file.touch()
        case "folder":
            file.mkdir()
        case "pipe":
            os.mkfifo(file)
        case _:
            file.symlink_to(outside)
    assert kill_switch.is_on()
    kill_switch.turn_on()
    assert kill_switch.is_on()
    assert not outside.exists()


def test_a_folder_that_cannot_be_read_counts_as_paused(tmp_path: Path) -> None:
    """In doubt nothing is paid for."""
    (tmp_path / "data").touch()
    assert KillSwitch(tmp_path / "data").is_on()


def test_what_cannot_be_kept_holds_for_this_life(tmp_path: Path) -> None:
    """A full or vanished disk does not keep anybody from stopping the spending now; it is said that it won't last."""
    kill_switch = KillSwitch(tmp_path / "gone")
    with pytest.raises(OSError, match="PAUSED"):
        kill_switch.turn_on()
    assert kill_switch.is_on()


def test_what_cannot_be_taken_away_stays_on(tmp_path: Path) -> None:
    """Spending goes on only when the file is really gone."""
    (tmp_path / FILE_NAME).mkdir()
    kill_switch = KillSwitch(tmp_path)
    with pytest.raises(OSError, match="PAUSED"):
        kill_switch.turn_off()
    assert kill_switch.is_on()


def test_it_is_the_last_word_before_a_paid_request(tmp_path: Path) -> None:
    """The guard in front of the paid request lets none pass, counts none, and lets them pass afterwards."""
    kill_switch = KillSwitch(tmp_path)
    guard = SpendGuard(1, FakeClock(), is_paused=kill_switch.is_on)
    kill_switch.turn_on()
    for _ in range(3):
        with pytest.raises(SpendingStopped):
            guard.spend()
    kill_switch.turn_off()
    guard.spend()


def test_neither_commands_nor_submits_pass_while_it_is_on(tmp_path: Path) -> None:
    """New commands get the sentence about it, and the queue looks again some seconds later."""
    kill_switch = KillSwitch(tmp_path)
    throttle = ProviderThrottle(FakeClock(), kill_switch.is_on)
    kill_switch.turn_on()
    assert throttle.refusal() == Refusal(Reason.PAUSED)
    assert 0 < throttle.seconds_until_submit() <= 5
    assert throttle.seconds_until_poll() == 0
    kill_switch.turn_off()
    assert throttle.refusal() is None
    assert throttle.seconds_until_submit() == 0
