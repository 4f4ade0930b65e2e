"""How far the lexicon annotator agrees with given annotations, by aspect.

    python benchmarks/check_lexicon.py ANNOTATIONS.json

The file has the original study's format, {"prompt": "…", "aspects": ["…"], "bpm": 120 or null} a record. Tags outside the
vocabulary are mapped as in a run; those that no table knows are named and not counted. Where annotations are given, the run
takes them and not the lexicon's; this says what labels the lexicon would have made of the same prompts.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.core import programs
from musicologist.inputs import annotations
from musicologist.prompts import lexicon_agreement
from musicologist.prompts.lexicon_agreement import Agreement, macro_f1, micro_f1
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("annotations", help="JSON records of prompts and their aspects")
    given = annotations.read_original(parser.parse_args().annotations)
    found = annotate_by_lexicon(given.texts)
    agreement = lexicon_agreement.measure(
        [annotation.aspects for annotation in given.annotations], [annotation.aspects for annotation in found]
    )
    print("\n".join(report(agreement, len(found))))
    if given.unknown:
        tags = ", ".join(f"{tag} ({uses})" for tag, uses in given.unknown.most_common())
        print(f"not counted, outside the vocabulary: {tags}")


def report(agreement: dict[str, Agreement], prompts: int) -> list[str]:
    """A line an aspect, then both means."""
    lines = [f"{'aspect':<14}{'given':>7}{'lexicon':>9}{'precision':>11}{'recall':>8}{'F1':>6}"]
    for aspect, one in agreement.items():
        figures = f"{_share(one.precision):>11}{_share(one.recall):>8}{_share(one.f1):>6}"
        lines.append(f"{aspect:<14}{one.given:>7}{one.found:>9}{figures}")
    return [*lines, f"{prompts} prompts: micro-F1 {micro_f1(agreement):.3f}, macro-F1 {macro_f1(agreement):.3f}"]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


if __name__ == "__main__":
    programs.run(main)
