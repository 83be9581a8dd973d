"""The image built by buildah and run without an engine, from what its own metadata say."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pytest

from tests.cached import cached
from tests.support import ROOT, program, tool

BASE = "docker.io/library/python:3.12-slim"
# Debian's Python stands for the base: what counts is that the Dockerfile's own lines work.
SUITE = "bookworm"
INCLUDED = "python3,python3-venv,python-is-python3,ca-certificates"
BUILD_SECONDS = 900


@dataclass(frozen=True)
class Image:
    """A container's file system, mounted, and what the image says about running it."""

    root: Path
    config: dict[str, object]
    size: int

    def environment(self) -> dict[str, str]:
        """The variables that the image sets."""
        told = self.config["Env"]
        assert isinstance(told, list)
        return dict(entry.split("=", 1) for entry in told)

    def words(self, name: str) -> list[str]:
        """An entry that is a list of words, as Entrypoint and Cmd are."""
        told = self.config[name]
        assert isinstance(told, list)
        return [str(word) for word in told]

    def inside(self, *command: str, mounts: dict[Path, str]) -> list[str]:
        """The words that run a command as the image's user, on a root that cannot be written.

        Only the volume, the working directory, can be written; and nothing has a capability.
        """
        user, _, group = str(self.config["User"]).partition(":")
        steps = [
            "mount --make-rprivate /",
            f"mount --bind {self.root} {self.root}",
            f"mount -o remount,bind,ro {self.root}",
        ]
        for source, target in {Path("/proc"): "/proc", Path("/dev"): "/dev", **mounts}.items():
            # Where to mount is made on the host: an engine does the same before it starts.
            (self.root / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
            steps.append(f"mount --rbind {source} {self.root}{target}")
        become = (
            f"setpriv --reuid={user} --regid={group} --clear-groups --no-new-privs"
            " --inh-caps=-all --bounding-set=-all"
        )
        settings = " ".join(quote(f"{n}={value}") for n, value in self.environment().items())
        words = " ".join(quote(word) for word in command)
        work = self.config["WorkingDir"]
        steps.append(f"exec chroot {self.root} {become} env -i -C {work} {settings} {words}")
        return [tool("unshare"), "--mount", "sh", "-c", " && ".join(steps)]

    @contextmanager
    def running(
        self, *command: str, mounts: dict[Path, str], log: Path
    ) -> Iterator[subprocess.Popen[bytes]]:
        """The entry point with these words, until the block ends."""
        words = self.inside(*self.words("Entrypoint"), *command, mounts=mounts)
        with program(*words, log=log) as process:
            yield process


def buildah(storage: Path, *arguments: str, seconds: float = BUILD_SECONDS) -> str:
    """What a command of buildah prints; the test fails with its log when it fails."""
    options = ["--storage-driver=vfs", f"--root={storage}/root", f"--runroot={storage}/run"]
    done = subprocess.run(
        [tool("buildah"), *options, *arguments], capture_output=True, text=True, timeout=seconds,
        env=os.environ | {"BUILDAH_ISOLATION": "chroot"}, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout.strip()


def _bootstrap(target: Path) -> None:
    """A tar of a Debian with Python, made by debootstrap."""
    folder = target.with_name(f"{target.name}.root")
    try:
        done = subprocess.run(
            [tool("debootstrap"), "--variant=minbase", f"--include={INCLUDED}", SUITE, str(folder)],
            capture_output=True, text=True, timeout=BUILD_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        leave_out = [
            "--exclude=./var/cache/apt",
            "--exclude=./var/lib/apt/lists",
            "--exclude=./dev",
        ]
        subprocess.run(["tar", "-C", folder, *leave_out, "-cf", target, "."], check=True)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def need_root_and_tools() -> None:
    """Skip, or fail with CI=true, where the image cannot be built."""
    for name in ("buildah", "debootstrap", "unshare", "setpriv"):
        tool(name)
    if os.geteuid() != 0:
        reason = "building the image's base and changing its root needs root"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


@contextmanager
def image_in(storage: Path) -> Iterator[Image]:
    """The Dockerfile's image, built in a folder that is removed after the block: it takes 3 GB."""
    try:
        yield _build(storage)
    finally:
        subprocess.run(["rm", "-rf", "--one-file-system", storage], check=True)


def _build(storage: Path) -> Image:
    """The image and a container of it, on a base that debootstrap made."""
    base = cached(f"base-{SUITE}.tar", SUITE + INCLUDED, _bootstrap)
    container = buildah(storage, "from", "scratch")
    buildah(storage, "add", container, str(base), "/")
    buildah(storage, "commit", "--rm", container, BASE)
    # The machine's own certificates and pip's settings, which a mirror inside a network may need.
    volumes = [f"--volume={path}:{path}:ro" for path in ("/etc/ssl/certs", "/etc/pip.conf")
               if Path(path).exists()]  # fmt: skip
    buildah(
        storage, "build", "--pull=never", "--format=docker", *volumes,
        "--build-arg=REVISION=tested", "--tag=wxa-exporter:tested", ".",
    )  # fmt: skip
    told = json.loads(buildah(storage, "inspect", "--type=image", "wxa-exporter:tested"))
    container = buildah(storage, "from", "--pull=never", "wxa-exporter:tested")
    root = Path(buildah(storage, "mount", container))
    sizes = subprocess.run(
        ["du", "-sb", root], capture_output=True, text=True, check=True
    ).stdout.split()
    return Image(root, told["Docker"]["config"], int(sizes[0]))
