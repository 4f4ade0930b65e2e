from pathlib import Path

import numpy as np
import pytest
from musicologist.audio import manifests
from musicologist.core import levels
from musicologist.core.errors import UserError


def test_a_clip_tells_its_peak_and_how_much_of_it_is_clipped():
    audio = np.array([[0.5, -2.0], [1.0, 0.0]], np.float32)
    clip = manifests.clip(audio, 16_000, {"prompt_id": 12, "sample": 3, "step": 7})
    assert clip.key == "000012_03"
    assert clip.audio is audio  # one gain for all: none
    assert clip.record == {
        "prompt_id": 12, "sample": 3, "step": 7, "sample_rate": 16_000, "peak": 2.0, "clipped_share": 0.25,
    }  # fmt: skip


@pytest.mark.parametrize("name", ["louder/step_01/a.tar", "noisy/step_6/a.tar", "noisy/one/a.tar", "a.tar"])
def test_a_tar_file_must_say_its_signal_and_step(name):
    assert levels.levels_of([Path("x/noisy/step_05/a.tar")], 6) == {("noisy", 5): Path("x/noisy/step_05/a.tar")}
    with pytest.raises(UserError, match=f"{name} names no signal and step"):
        levels.levels_of([Path(name)], 6)
