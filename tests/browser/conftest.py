"""The listening page as a reader opens it: from a disk, in Debian's Chromium, with the network cut."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support import simulated_run
from tests.support.simulated_run import Shape

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).parent / "node_modules/axe-core/axe.min.js"


@dataclass(frozen=True)
class Built:
    """A page that was written, and the run that it tells of."""

    run: Path
    page: Path
    shape: Shape

    @property
    def address(self) -> str:
        return self.page.as_uri()


@pytest.fixture(scope="session")
def build(tmp_path_factory) -> Callable[..., Built]:
    """Write the page of a simulated run, as the rule does; one of each kind a session."""
    known: dict[str, Built] = {}

    def built(shape: Shape | None = None, **changed: Any) -> Built:
        shape = shape or Shape()
        name = repr((shape, sorted(changed.items())))
        if name not in known:
            folder = tmp_path_factory.mktemp("run")
            run = simulated_run.write(folder / "run", shape)
            arguments = simulated_run.arguments(run, shape, run / "listen", **changed)
            command = [sys.executable, str(ROOT / "scripts/write_listening_page.py"), *arguments]
            done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
            assert done.returncode == 0, done.stderr
            known[name] = Built(run, run / "listen/index.html", shape)
        return known[name]

    return built


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@dataclass
class Reader:
    """An open page, and what went wrong on it."""

    page: Any
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, route: str) -> None:
        self.page.evaluate("route => { location.hash = route }", route)
        self.page.wait_for_timeout(150)

    def play(self, clip: str) -> None:
        self.page.evaluate("name => Listen.audio.play(name)", clip)
        self.page.wait_for_function("Listen.state.playing")

    def audible(self) -> dict[str, float]:
        """Tracks that can be heard, once the cross-fade is over, with their gains."""
        self.page.wait_for_timeout(350)
        gains = self.page.evaluate("Listen.audio.gains()")
        return {name: round(gain, 2) for name, gain in gains.items() if gain > 0.01}

    def violations(self) -> list[str]:
        if not AXE.is_file():
            pytest.skip("no axe-core: npm ci --prefix tests/browser")
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run(document)")["violations"]
        return [f"{one['id']} ({one['impact']}): {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.fixture
def read(chromium) -> Iterator[Callable[..., Reader]]:
    """Open a page at a route; afterwards it must have made no error and no request beyond its folder."""
    opened = []

    def reader(built: Built, route: str = "atlas", width: int = 1280, **options: Any) -> Reader:
        context = chromium.new_context(viewport={"width": width, "height": 900}, offline=True, **options)
        found = Reader(context.new_page())
        found.page.on("pageerror", lambda error: found.errors.append(str(error)))
        found.page.on(
            "console", lambda line: found.errors.append(line.text) if line.type in ("error", "warning") else None
        )
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.on("dialog", lambda dialog: found.errors.append(f"dialog {dialog.message}"))
        found.page.goto(f"{built.address}#{route}")
        found.page.wait_for_selector("h1")
        opened.append((built, found, context))
        return found

    yield reader
    for built, found, context in opened:
        context.close()
        assert found.errors == []
        here = built.page.parent.as_uri()
        assert [address for address in found.requests if not address.startswith((here, "data:", "blob:"))] == []
