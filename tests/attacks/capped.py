"""A dashboard in a process of its own that may take 4 GB with all its children, and what it took.

Where a memory cgroup can be made (Linux, as root), the kernel holds the limit and kills. Elsewhere
a watcher adds up what the processes hold, and ends the server beyond the limit.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app import settings
from tests.browser.conftest import free_port, healthy

MEGABYTE = 10**6
LIMIT = 4_000 * MEGABYTE
LOOK = 0.2  # seconds between two looks at what the processes hold
START = 120  # seconds that a busy machine may take for it
# Memory controllers: the folder, the file that takes the limit, the one that counts kills.
CONTROLLERS = (
    (Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.oom_control"),
    (Path("/sys/fs/cgroup"), "memory.max", "memory.events"),
)


class Group:
    """A memory cgroup.

    Raises:
        OSError: none can be made here.
    """

    def __init__(self, limit: int) -> None:
        for folder, limit_file, self._events in CONTROLLERS:
            self.folder = folder / f"lrp-attack-{os.getpid()}"
            with contextlib.suppress(OSError):
                self.folder.mkdir()
                try:
                    (self.folder / limit_file).write_text(str(limit))
                    return
                except OSError:
                    self.folder.rmdir()
        raise OSError("no memory cgroup can be made")

    def command(self, command: list[str]) -> list[str]:
        """The same command, begun in this group."""
        return ["sh", "-c", f'echo $$ > {self.folder}/cgroup.procs && exec "$@"', "sh", *command]

    @property
    def kills(self) -> int:
        """How many of its processes the kernel has killed for memory."""
        lines = (self.folder / self._events).read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)

    def remove(self) -> None:
        for _ in range(100):
            try:
                return self.folder.rmdir()
            except OSError:  # a process of it is not gone yet
                time.sleep(0.1)
        return None


class Capped:
    """A running dashboard.

    Attributes:
        url: its address. process: the server. how: the limit is held.
        log: its output. data: the folder of its sets.
        peak: bytes that it and its children held together at the same time, at most, since the
            last time that somebody set it.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.limit, self.peak = limit, 0
        self.log, self.data = folder / "log", folder / "data"
        try:
            self.group: Group | None = Group(limit)
            self.how = "a cgroup"
        except OSError:
            self.group, self.how = None, "a watcher"
        port = free_port()
        self.url = f"http://localhost:{port}"
        main = settings.REPOSITORY / "app/main.py"
        command = [sys.executable, "-m", "streamlit", "run", str(main),
                   "--server.port", str(port), "--server.headless", "true"]  # fmt: skip
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3",
                       settings.DATA_VARIABLE: str(self.data)}  # fmt: skip
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                self.group.command(command) if self.group else command,
                cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT,
            )  # fmt: skip
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def ended(self) -> str:
        """Why it runs no more, "" while it does."""
        code = self.process.poll()
        return "" if code is None else f"the server ended with {code}"

    @property
    def held(self) -> int:
        """Bytes that the server and its children hold now."""
        return sum(map(_resident, _family(self.process.pid)))

    def _watch(self) -> None:
        while not self.ended:
            self.peak = max(self.peak, held := self.held)
            if self.group is None and held > self.limit:
                self.process.kill()
            time.sleep(LOOK)


@contextmanager
def capped(limit: int = LIMIT) -> Iterator[Capped]:
    """A dashboard that answers; ended afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        server = Capped(Path(folder), limit)
        try:
            end = time.monotonic() + START
            while not healthy(server.url):
                if server.ended or time.monotonic() > end:
                    raise RuntimeError(f"The dashboard does not start: {server.log.read_text()}")
                time.sleep(0.1)
            yield server
        finally:
            server.process.terminate()
            try:
                server.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.process.kill()
                server.process.wait()
            if server.group:
                server.group.remove()


def _family(process: int) -> list[int]:
    """A process and all that come from it."""
    found = [process]
    for one in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                found += map(int, (task / "children").read_text().split())
    return found


def _resident(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:  # it is gone
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS")), 0)
