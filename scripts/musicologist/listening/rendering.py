"""Writing the page: one file that holds everything, or a folder that loads a clip when it is asked for."""

import base64
import csv
import io
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from musicologist.core import files
from musicologist.core.results_writing import without_nan
from musicologist.listening.page import Page

SCRIPTS = ("dom", "audio", "curve", "rows", "atlas", "concept", "prompt", "order", "blind", "main")
"""The page's own programs, in the order in which they run: classic scripts, for modules do not open from a disk."""


def write(page: Page, resources: Path, single_file_mb: float, index: Path, clips: Path) -> bool:
    """Write the page to ``index`` and the folder ``clips`` beside it; True where everything went into one file.

    It does where it stays below ``single_file_mb`` million bytes. Otherwise ``clips`` has each clip's sound as a script
    and its spectrograms as PNG. In both cases clips.csv there says which tar file holds the original of what can be
    heard. The same data give the same bytes.
    """
    payloads = {name: clip.payload() for name, clip in page.heard.items()}
    pictures = {name: clip.sprite() for name, clip in page.heard.items()}
    inline = {name: "data:image/png;base64," + base64.b64encode(png).decode() for name, png in pictures.items()}
    whole = _html(page, resources, inline, {name: _json(payload) for name, payload in payloads.items()})
    single = len(whole.encode()) < single_file_mb * 1e6
    index.parent.mkdir(parents=True, exist_ok=True)
    for left in index.parent.glob(".clips.*"):  # by a writer that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".clips.", dir=index.parent) as temporary:
        folder = Path(temporary) / "clips"
        folder.mkdir()
        (folder / "clips.csv").write_text(_originals(page), encoding="utf-8")
        if not single:
            for name, payload in payloads.items():
                script = f"Listen.audio.loaded({json.dumps(name)},{_json(payload)})\n"
                (folder / f"{name}.js").write_text(script, encoding="utf-8")
                (folder / f"{name}.png").write_bytes(pictures[name])
        shutil.rmtree(clips, ignore_errors=True)
        folder.rename(clips)
    addresses = {name: f"{clips.name}/{name}.png" for name in pictures}
    files.write_text(index, whole if single else _html(page, resources, addresses, {}))
    return single


def _html(page: Page, resources: Path, pictures: dict[str, str], payloads: dict[str, str]) -> str:
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(resources), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    entries = {name: clip.entry(pictures[name]) for name, clip in page.heard.items()}
    return environment.get_template("page.html").render(
        card=page.data["card"],
        levels=page.data["levels"],
        data=Markup(_json({**page.data, "clips": entries})),
        style=Markup((resources / "page.css").read_text(encoding="utf-8")),
        scripts=[Markup((resources / f"{name}.js").read_text(encoding="utf-8")) for name in SCRIPTS],
        payloads={name: Markup(payload) for name, payload in payloads.items()},
    )


def _json(value: Any) -> str:
    """JSON that may stand inside a script element: no text in it can end the element or begin another."""
    text = json.dumps(without_nan(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return (
        text.replace("&", "\\u0026")
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )


def _originals(page: Page) -> str:
    buffer = io.StringIO()
    table = csv.writer(buffer, lineterminator="\n")
    table.writerow(["clip", "signal", "step", "tar", "member"])
    for name, clip in page.heard.items():
        for signal in clip.signals:
            for step, tar in sorted(clip.tars[signal].items()):
                table.writerow([name, signal, step, tar, clip.member])
    return buffer.getvalue()
