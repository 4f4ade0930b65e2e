import numpy as np
from musicologist.audio import records


def test_a_clip_tells_its_peak_and_how_much_of_it_is_clipped():
    audio = np.array([[0.5, -2.0], [1.0, 0.0]], np.float32)
    clip = records.clip(audio, 16_000, {"prompt_id": 12, "sample": 3, "step": 7})
    assert clip.key == "000012_03"
    assert clip.audio is audio  # one gain for all: none
    assert clip.record == {
        "prompt_id": 12, "sample": 3, "step": 7, "sample_rate": 16_000, "peak": 2.0, "clipped_share": 0.25,
    }  # fmt: skip
