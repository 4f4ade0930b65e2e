"""The same page in Debian's Firefox."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.conftest import ROOT

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
DRIVER = Path(__file__).parent / "node_modules/puppeteer-core"


@pytest.mark.skipif(not FIREFOX, reason="no Firefox: apt-get install firefox-esr")
@pytest.mark.skipif(not (shutil.which("node") and DRIVER.is_dir()), reason="no driver: npm ci --prefix tests/browser")
@pytest.mark.parametrize("changed", [{}, {"single_file_mb": 0}], ids=["one file", "folder"])
def test_it_opens_decodes_and_is_played_by_keyboard(build, changed):
    command = ["node", str(ROOT / "tests/browser/firefox.mjs"), FIREFOX, build(**changed).address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found == {
        "started": "denoised/2",
        "noisiest": "denoised/0",
        "noisy": "noisy/0",
        "tracks": 9,
        "lengths": 1,
        "wide": False,
        "errors": [],
    }
