"""Builds the image's files without Docker: runs the Dockerfile's own steps in a bare Debian root.

In place of `python:3.11-slim-bookworm` comes what `mmdebstrap` makes of the same Debian release: its minimal system
with Debian's Python 3.11, pip and venv, under the names that the image has. It needs root, Debian's packages and PyPI.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tests.dockerfile import Instruction, Stage, stages

ROOT = Path(__file__).resolve().parents[2]
_RELEASE = "bookworm"
_PYTHON = ("python3", "python3-venv", "python3-pip", "ca-certificates", "tzdata")
_STEP_SECONDS = 1800
# What is mounted or started in a namespace ends with it, however it ends.
_APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
# What a builder lends to a RUN: name servers and certificates.
_LENT = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# As the image's own settings of apt: no package file stays.
_KEEP_NOTHING = 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };'


class Image:
    """A built stage: its files in `root`, and what its process gets."""

    def __init__(self, root: Path, environment: Mapping[str, str], folder: str = "/") -> None:
        """`environment` and `folder` are those that a stage on top of it begins with."""
        self.root = root
        self.environment = dict(environment)
        self.folder = folder
        self.user: str | None = None
        self.command: list[str] = []
        self.health: list[str] = []


def build(work: Path, arguments: Mapping[str, str]) -> Image:
    """Build every stage of the Dockerfile below `work`, but for those that are there already; the last is the image.

    `arguments` are those of `--build-arg`. Raises subprocess.CalledProcessError when a step fails.
    """
    built: dict[str, Image] = {}
    for stage in stages():
        name = stage.name or "image"
        root = work / name
        if root.exists():
            built[name] = _follow(stage, root, built, None)
            continue
        part = work / f"{name}.part"
        shutil.rmtree(part, ignore_errors=True)
        image = _follow(stage, part, built, arguments)
        image.root = part.rename(root)
        built[name] = image
    return built["image"]


def _follow(stage: Stage, root: Path, built: Mapping[str, Image], arguments: Mapping[str, str] | None) -> Image:
    """Carry out a stage's instructions in `root`; without arguments its files are there already."""
    below = built.get(stage.base)
    image = Image(root, below.environment if below else {"PATH": _PATH}, below.folder if below else "/")
    if arguments is not None:
        if below is None:
            _bare_debian(stage.base, root)
        else:
            subprocess.run(["cp", "--archive", "--reflink=auto", below.root, root], check=True)
    for each in stage.instructions:
        if each.word in {"RUN", "COPY"}:
            if arguments is not None:
                sys.stdout.write(f"{stage.name or 'image'}: {each.word} {each.rest[:90]}\n")
                sys.stdout.flush()
                _change(image, each, image.environment | arguments, built)
        else:
            _note(image, each)
    return image


def _change(image: Image, each: Instruction, environment: Mapping[str, str], built: Mapping[str, Image]) -> None:
    if each.word == "RUN":
        _run(image, each.rest, environment)
    else:
        _copy(image, each, built)


def _note(image: Image, each: Instruction) -> None:
    match each.word:
        case "ENV":
            image.environment |= {
                name: value.replace("$PATH", image.environment["PATH"]) for name, value in each.pairs.items()
            }
        case "WORKDIR":
            image.folder = each.rest
            _inside(image, each.rest).mkdir(parents=True, exist_ok=True)
        case "USER":
            image.user = each.rest
        case "CMD":
            image.command = json.loads(each.rest)
        case "HEALTHCHECK":
            image.health = json.loads(each.rest.removeprefix("CMD "))
        case "ARG" | "LABEL" | "VOLUME":
            # Of no effect on the files.
            pass
        case word:
            raise ValueError(f"{word} is not understood here.")


def _bare_debian(name: str, root: Path) -> None:
    """What is used in place of the Python image."""
    if not name.startswith(f"python:3.11-slim-{_RELEASE}@"):
        raise ValueError(f"Nothing is known here that could be used in place of {name}.")
    options = ["--quiet", "--variant=minbase", f"--aptopt={_KEEP_NOTHING}", f"--include={','.join(_PYTHON)}"]
    subprocess.run([*_APART, "mmdebstrap", *options, _RELEASE, root], check=True, timeout=_STEP_SECONDS)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")


def _run(image: Image, command: str, environment: Mapping[str, str]) -> None:
    inside = shlex.quote(str(image.root))
    lent = [
        step for path in _LENT if Path(path).exists() for step in (_made_for(image.root, path), _bind(image.root, path))
    ]
    script = [
        "set -e",
        *lent,
        f"mount -t proc proc {inside}/proc",
        *(f"mount --bind /dev/{name} {inside}/dev/{name}" for name in ("null", "zero", "random", "urandom")),
        f'exec chroot {inside} /usr/bin/env --chdir {image.folder} --ignore-environment "$@" /bin/sh -c "$0"',
    ]
    settings = {**environment, "DEBIAN_FRONTEND": "noninteractive", **_of_the_network()}
    given = [f"{name}={value}" for name, value in settings.items()]
    subprocess.run(
        [*_APART, "bash", "-c", "\n".join(script), command, *given],
        check=True, timeout=_STEP_SECONDS,
    )  # fmt: skip


def _made_for(root: Path, path: str) -> str:
    """A place to mount that path at, if the root has none."""
    inside = shlex.quote(f"{root}{path}")
    return f"[ -e {inside} ] || " + (f"mkdir -p {inside}" if Path(path).is_dir() else f"touch {inside}")


def _bind(root: Path, path: str) -> str:
    return f"mount --bind -o ro {shlex.quote(path)} {shlex.quote(f'{root}{path}')}"


def _of_the_network() -> dict[str, str]:
    """How this machine reaches its package index, such as a proxy or a certificate."""
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy") or name == "PIP_CERT"}


def _copy(image: Image, each: Instruction, built: Mapping[str, Image]) -> None:
    *sources, target = each.rest.split()
    there = _inside(image, target)
    for source in sources:
        origin = _inside(built[each.options["from"]], source) if "from" in each.options else ROOT / source
        if origin.is_dir():
            leave_out = None if "from" in each.options else shutil.ignore_patterns("__pycache__")
            shutil.copytree(origin, there, symlinks=True, ignore=leave_out, dirs_exist_ok=True)
        else:
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(origin, there)


def _inside(image: Image, path: str) -> Path:
    return image.root / str(PurePosixPath(image.folder) / path).lstrip("/")


def missing_programs() -> list[str]:
    """What this machine lacks for the proof, one sentence each."""
    packages = {"mmdebstrap": "mmdebstrap", "unshare": "util-linux", "setpriv": "util-linux", "nsenter": "util-linux"}
    absent = [(name, package) for name, package in packages.items() if not shutil.which(name)]
    lacking = [f"{name} is missing: install Debian's package {package}." for name, package in absent]
    if sys.platform != "linux" or os.geteuid() != 0:
        lacking.append("It needs root on Linux, to mount and to change roots.")
    return lacking
