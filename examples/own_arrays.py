"""From arrays of your own to a curve, its answer and its figure: python examples/own_arrays.py [PICTURE.png].

Here the arrays are made up: 60 prompts, every third with the concept, two clips each, heard by a probe at eight noise
levels. The concept comes up around sigma 10. Put yours in their place.
"""

import sys

import musicologist
import numpy as np

rng = np.random.default_rng(0)
sigmas = np.geomspace(100, 0.5, 8)  # of the levels, the noisiest first
prompt_ids = np.repeat(np.arange(60), 2)  # of the clips
labels = (prompt_ids % 3 == 0).astype(int)  # 1: the clip's prompt asks for the concept
heard = 2.5 / (1 + (sigmas / 10) ** 2)  # how far a probe tells the two kinds apart
decisions = rng.normal(size=(8, 120)) + heard[:, None] * labels - 1  # (levels, clips), above 0: the probe hears it

clips = musicologist.ScoredClips.from_arrays(decisions, labels, prompt_ids, sigmas)
curve = musicologist.measure(clips)
sigma50 = curve.summary["half_rise"]
print(f"{musicologist.answer(curve)}; sigma50 {sigma50['value']:.2g} [{sigma50['low']:.2g}, {sigma50['high']:.2g}]")
musicologist.save(musicologist.draw(curve, "brass"), sys.argv[1] if sys.argv[1:] else "brass.png")
