"""The public workflows: they run nothing that can change under them, may change nothing, and end."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.plain_yaml import read_yaml
from tests.rules.sources import ROOT, name_of

FILES = sorted((ROOT / ".github/workflows").glob("*"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
each_file = pytest.mark.parametrize("path", FILES, ids=name_of)


def jobs_of(path: Path) -> dict[str, Any]:
    return read_yaml(path)["jobs"]


def steps_of(path: Path) -> list[dict[str, Any]]:
    return [step for job in jobs_of(path).values() for step in job["steps"]]


def test_there_are_workflows_for_tests_image_and_audit() -> None:
    """One runs the tests, one builds and scans the image, one asks for known vulnerabilities of the packages."""
    assert [path.name for path in FILES] == ["audit.yml", "image.yml", "test.yml"]
    runs = {path.name: "\n".join(step.get("run", "") for step in steps_of(path)) for path in FILES}
    assert "make audit" in runs["audit.yml"]
    assert "make image" in runs["image.yml"]
    assert "make test" in runs["test.yml"]
    assert any("scan" in step.get("uses", "") for step in steps_of(ROOT / ".github/workflows/image.yml"))


@each_file
def test_every_action_is_pinned_by_its_commit(path: Path) -> None:
    """Each `uses:` names all 40 digits of a commit, and its version as a comment: a tag can be moved."""
    used = re.findall(r"(?m)^\s*-? *uses: *(.+)$", path.read_text())
    assert used
    assert [each for each in used if not PINNED.fullmatch(each.strip())] == []


def test_an_action_has_one_version() -> None:
    """The same action is the same commit everywhere."""
    used = {each for path in FILES for each in re.findall(r"uses: *(\S+) # (\S+)", path.read_text())}
    names = [name.partition("@")[0] for name, _version in used]
    assert len(names) == len(set(names))


@each_file
def test_a_workflow_may_only_read(path: Path) -> None:
    """It gets a token that reads the code and is not kept, sees no secret, and never runs with the rights of main."""
    text, workflow = path.read_text(), read_yaml(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in workflow["jobs"].values())
    assert "secrets." not in text
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    checkouts = [step for step in steps_of(path) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert all(step["with"] == {"persist-credentials": "false"} for step in checkouts)


@each_file
def test_a_workflow_ends(path: Path) -> None:
    """Every job has a time limit, and a newer push takes the place of a run."""
    workflow = read_yaml(path)
    assert workflow["concurrency"]["cancel-in-progress"] == "true"
    assert all(int(job["timeout-minutes"]) <= 45 for job in workflow["jobs"].values())


@each_file
def test_no_text_of_strangers_reaches_a_shell(path: Path) -> None:
    """A command has no expression in it: the title of a pull request could end it and begin another."""
    assert [step["run"] for step in steps_of(path) if "${{" in step.get("run", "")] == []


def test_every_python_that_is_allowed_is_tested() -> None:
    """The tests run on 3.11, the oldest that the project allows, to 3.14."""
    matrix = jobs_of(ROOT / ".github/workflows/test.yml")["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()


def test_every_target_of_a_workflow_exists() -> None:
    """The workflows run targets of the Makefile."""
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    runs = [step.get("run", "") for path in FILES for step in steps_of(path)]
    assert {name for run in runs for name in re.findall(r"\bmake ([a-z-]+)", run)} <= targets


def test_what_is_more_than_plain_yaml_is_refused(tmp_path: Path) -> None:
    """The reader of these files takes nothing that it could read wrongly."""
    for text in ("a: {b: c}", "a: &x b", "a: >\n  b", "a: 1\na: 2", "a: [b,\n  c]", "a\n"):
        (tmp_path / "x.yml").write_text(text)
        with pytest.raises(ValueError, match="line"):
            read_yaml(tmp_path / "x.yml")
