"""What the image holds, read off the Dockerfile and tried without Docker: its files alone, its packages alone."""

import ast
import contextlib
import http.server
import importlib.metadata
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.dockerfile import Stage, stages
from tests.rules.sources import parsed

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
OURS = ("bot", "cogs", "migrations")

# Refuses imports that the image does not have, then imports all of our code or runs the process.
IN_THE_IMAGE = """
import importlib, pkgutil, runpy, sys

refused, act = set(sys.argv[1].split(",")), sys.argv[2]

class Image:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in refused:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Image())
if act == "import":
    for package in ("bot", "cogs"):
        for found in pkgutil.walk_packages([package], package + "."):
            importlib.import_module(found.name)
            print(found.name)
else:
    sys.argv[:] = ["bot", act]
    runpy.run_module("bot", run_name="__main__", alter_sys=True)
"""


BUILD, IMAGE = (next(stage for stage in stages() if stage.name == name) for name in ("build", ""))


def copied() -> list[str]:
    """What is copied from the project's folder, by any stage."""
    copies = [each for stage in stages() for each in stage.said("COPY") if "from" not in each.options]
    return [source for each in copies for source in each.rest.split()[:-1]]


def commands(stage: Stage, part: str) -> list[str]:
    """What its RUNs with that in them run, one command after the other."""
    return [command.strip() for each in stage.said("RUN") if part in each.rest for command in each.rest.split("&&")]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned() -> set[str]:
    """The distributions that `requirements/run.txt` names."""
    return {normal(name) for name in re.findall(r"(?m)^([\w.-]+)==", (ROOT / "requirements/run.txt").read_text())}


@cache
def brought() -> tuple[set[str], set[str]]:
    """The top-level names that those distributions bring, and those that only others bring."""
    here = importlib.metadata.packages_distributions()
    ours = {name for name, distributions in here.items() if pinned() & {normal(each) for each in distributions}}
    return ours, here.keys() - ours


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the Dockerfile copies, and nothing else; beside them is the data, of the one test that has any."""
    app = tmp_path_factory.mktemp("image") / "app"
    for source in copied():
        target = app / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / source, target)
    return app


def run(image: Path, act: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", ""), "DATA_DIR": str(image.parent / "data"), **settings}
    _ours, refused = brought()
    return subprocess.run(
        [sys.executable, "-c", IN_THE_IMAGE, ",".join(refused), act],
        cwd=image, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_image_holds_nothing_but_the_bot() -> None:
    """Copied are the run-time requirements, bot, cogs and migrations: no sandbox, no tests, no whole folder."""
    assert sorted(copied()) == ["bot", "cogs", "migrations", "requirements/run.txt"]
    assert not any(stage.said("ADD") for stage in stages())
    assert all((ROOT / source).exists() for source in copied())


def test_the_image_is_built_in_two_stages() -> None:
    """The image itself gets only the finished packages and the compiled code, and runs no pip."""
    assert [(stage.base.partition(":")[0], stage.name) for stage in stages()] == [
        ("python", "base"),
        ("base", "build"),
        ("base", ""),
    ]
    assert [(each.options, each.rest) for each in IMAGE.said("COPY")] == [
        ({"from": "build"}, "/opt/venv /opt/venv"),
        ({"from": "build"}, "/app /app"),
    ]
    assert not commands(IMAGE, "pip")
    assert IMAGE.said("ENV")[0].pairs["PATH"] == "/opt/venv/bin:$PATH"


def test_the_builder_is_sent_only_what_is_copied() -> None:
    """A `.env`, data or a git history never reach the builder: everything is ignored but what the image copies."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied())


def test_the_image_runs_as_a_user_without_rights() -> None:
    """The last USER comes after every RUN and is a number other than root's."""
    words = [each.word for each in IMAGE.instructions]
    users = IMAGE.said("USER")
    assert users
    assert all(part.isdecimal() and int(part) > 0 for part in users[-1].rest.split(":"))
    assert not {"RUN", "COPY"} & set(words[len(words) - words[::-1].index("USER") :])


def test_the_code_is_readable_and_compiled() -> None:
    """Its user can read the code for any umask of the checkout, and a read-only image compiles nothing."""
    steps = commands(BUILD, "compileall")
    assert "python -m compileall -q --invalidation-mode unchecked-hash bot cogs migrations" in steps
    assert "chmod -R a+rX,go-w ." in steps
    assert IMAGE.said("ENV")[0].pairs["PYTHONDONTWRITEBYTECODE"] == "1"


def test_a_stop_reaches_the_bot_itself() -> None:
    """The command is in exec form, so that no shell swallows SIGTERM."""
    assert [json.loads(command.rest) for command in IMAGE.said("CMD")] == [["python", "-m", "bot"]]
    assert not IMAGE.said("ENTRYPOINT")


def health_check() -> list[str]:
    [check] = IMAGE.said("HEALTHCHECK")
    return json.loads(check.rest.removeprefix("CMD "))


def test_docker_learns_whether_only_a_restart_helps() -> None:
    """The image serves the pages at a port of its own, on loopback alone, and asks itself with nothing but Python."""
    assert IMAGE.said("ENV")[0].pairs["HTTP_PORT"] == "8080"
    assert not any("HTTP_HOST" in each.pairs for each in IMAGE.said("ENV"))
    assert health_check()[0] == "python"
    [check] = IMAGE.said("HEALTHCHECK")
    assert check.options == {"interval": "30s", "timeout": "5s", "start-period": "60s", "retries": "3"}


def asked_for_health(port: int) -> subprocess.CompletedProcess[bytes]:
    environment = {"HTTP_PORT": str(port), "http_proxy": "http://127.0.0.1:9"}
    command = [sys.executable, *health_check()[1:]]
    return subprocess.run(command, env=environment, capture_output=True, timeout=30, check=False)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_passes_for_a_healthy_bot_alone(status: int, code: int) -> None:
    """200 is healthy and 503 is not. A proxy in the container's environment is not asked."""
    with serving(status) as (port, asked):
        done = asked_for_health(port)
    assert (done.returncode, asked) == (code, ["/healthz"]), done.stderr


def test_a_bot_that_does_not_answer_is_unhealthy() -> None:
    """A refused connection is a failed check."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        assert asked_for_health(silent.getsockname()[1]).returncode == 1


def test_without_pages_there_is_no_health_check() -> None:
    """An empty HTTP_PORT, as in a copy of `.env.example`, switches the pages off; that makes no container unhealthy."""
    command = [sys.executable, *health_check()[1:]]
    assert subprocess.run(command, env={"HTTP_PORT": ""}, timeout=30, check=False).returncode == 0


@contextlib.contextmanager
def serving(status: int) -> Iterator[tuple[int, list[str]]]:
    """A server on loopback that answers everything with that status: its port, and the paths that were asked for."""
    asked: list[str] = []

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


def test_data_outlives_the_container() -> None:
    """The data folder is a volume, and a relative DATA_DIR of `.env.example` leads to the same place."""
    assert [each.rest for each in IMAGE.said("VOLUME")] == ["/data"]
    assert IMAGE.said("ENV")[0].pairs["DATA_DIR"] == "/data"
    assert "DATA_DIR=data" in (ROOT / ".env.example").read_text().splitlines()
    assert [each.rest for stage in (BUILD, IMAGE) for each in stage.said("WORKDIR")] == ["/app", "/app"]
    assert "ln -s /data data" in commands(BUILD, "ln -s")


def test_every_package_is_pinned_by_hash() -> None:
    """pip takes only wheels that the requirements name with a hash, and they name no package index."""
    [install] = [each for each in commands(BUILD, "pip") if " install " in each]
    assert install.endswith("--only-binary :all: --require-hashes -r /build/run.txt")
    assert "requirements/run.txt /build/run.txt" in [each.rest for each in BUILD.said("COPY")]
    text = (ROOT / "requirements/run.txt").read_text()
    entries = [entry for entry in re.split(r"(?m)^(?=[\w.-]+==)", text) if entry.strip()]
    assert len(entries) == len(pinned()) > 10
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "--index-url" not in text


def test_the_image_has_an_ffmpeg() -> None:
    """It is Debian's own, without recommended packages, and no list of packages is left behind."""
    assert commands(IMAGE, "apt-get") == [
        "apt-get update",
        "apt-get install -y --no-install-recommends ffmpeg",
        "rm -rf /var/lib/apt/lists/*",
    ]


def test_the_image_has_the_python_that_is_checked() -> None:
    """The base is pinned by its digest; its Python is the one that types are checked for, and one that we allow."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    version = project["tool"]["basedpyright"]["pythonVersion"]
    assert re.fullmatch(rf"python:{re.escape(version)}-slim-bookworm@sha256:[0-9a-f]{{64}}", stages()[0].base)
    assert project["project"]["requires-python"] == f">={version}"


def test_the_image_says_what_it_is() -> None:
    """Its labels are those of the OCI, with the version and the commit of the build, and pyproject's own words."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    prefix = "org.opencontainers.image."
    labels = {name.removeprefix(prefix): value for each in IMAGE.said("LABEL") for name, value in each.pairs.items()}
    assert labels == {
        "title": project["name"],
        "description": project["description"],
        "licenses": project["license"],
        "version": "$VERSION",
        "revision": "$REVISION",
    }
    assert [name for each in IMAGE.said("ARG") for name in each.pairs] == ["VERSION", "REVISION"]
    recipe = (ROOT / "Makefile").read_text().partition("\nimage:")[2].partition("\n\n")[0]
    assert "--build-arg VERSION=" in recipe
    assert "--build-arg REVISION=" in recipe


def test_the_code_imports_only_what_the_image_has() -> None:
    """Every import of bot, cogs and migrations is the standard library, our own, or pinned for running."""
    ours, _others = brought()
    known = ours | sys.stdlib_module_names | set(OURS)
    strange = {
        f"{path.relative_to(ROOT)}: {name}"
        for room in OURS
        for path in (ROOT / room).rglob("*.py")
        for name in imports(path)
        if name not in known
    }
    assert not strange


def test_all_code_can_be_imported_in_the_image(image: Path) -> None:
    """With the image's files and packages alone every module of bot and cogs loads, also through its libraries."""
    done = run(image, "import")
    assert done.returncode == 0, done.stderr
    assert {"bot.cli", "bot.app", "cogs.video"} <= set(done.stdout.split())


def test_the_image_migrates_a_database(image: Path) -> None:
    """With the image's files and packages alone the database is built."""
    done = run(image, "migrate", DISCORD_TOKEN="token", VIDEOS_API_KEY="key")
    assert done.returncode == 0, done.stderr
    assert (image.parent / "data/bot.db").stat().st_size > 0


def test_the_image_says_what_it_needs(image: Path) -> None:
    """Started without settings, the image's command ends with code 78 and one line that names what is missing."""
    done = run(image, "run")
    assert (done.returncode, done.stdout) == (78, "")
    assert len(done.stderr.splitlines()) == 1
    assert "DISCORD_TOKEN" in done.stderr
    assert "VIDEOS_API_KEY" in done.stderr
