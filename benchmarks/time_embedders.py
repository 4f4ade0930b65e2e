"""CPU seconds that each bundled embedder takes for a clip of 4 s on one core: python benchmarks/time_embedders.py"""

import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.embedders import clap, musicnn

CLIPS, SECONDS, ROUNDS = 16, 4, 3


def main() -> None:
    dice = np.random.default_rng(1)
    for name, model in (("clap", clap.load(ROOT / "resources/models/clap")), ("musicnn", musicnn.load("musicnn"))):
        clips = [dice.normal(0, 0.1, SECONDS * model.sample_rate).astype("float32") for _ in range(CLIPS)]
        model.embed_audio(clips, CLIPS)
        begin = time.process_time()
        for _ in range(ROUNDS):
            model.embed_audio(clips, CLIPS)
        print(f"{name}: {(time.process_time() - begin) / ROUNDS / CLIPS:.3f} CPU s a clip")


if __name__ == "__main__":
    main()
