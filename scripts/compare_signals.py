"""Compare signals of the same clips: the guided estimate with the unguided one, the noisy state with its null."""

import argparse
from pathlib import Path

from musicologist.core import programs, progress
from musicologist.core.errors import UserError


def main() -> None:
    """Write the long table of differences of ROC-AUC."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", nargs="+", type=Path, required=True, help=".../CONCEPT/scores_CLASSIFIER.parquet")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    from musicologist.core import parquet, results_writing
    from musicologist.emergence import contrasts, scored_clips
    from musicologist.emergence.tables import SCORES

    scores = {
        (path.parent.name, path.stem.removeprefix("scores_")): scored_clips.arrange(parquet.read(path, SCORES), path)
        for path in progress.shown(arguments.scores, len(arguments.scores), "tables of scores read")
    }
    rows = contrasts.rows(scores)
    if not rows:
        raise UserError(
            "No concept has two prompts on each side, so that there is nothing to compare: give more prompts."
        )
    results_writing.write(arguments.output, rows)


if __name__ == "__main__":
    programs.run(main)
