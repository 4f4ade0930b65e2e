"""Write a card for each concept: what was found about it, once all concepts are known."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write the cards, one for each concept, in the order in which concepts are given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--atlas", required=True)
    parser.add_argument("--order", required=True)
    parser.add_argument("--concepts", required=True, help="concepts.yaml")
    parser.add_argument("--summaries", nargs="+", type=Path, required=True, help="emergence.json of each concept")
    parser.add_argument("--reports", nargs="+", type=Path, required=True, help="the probes' reports")
    parser.add_argument("--controls", nargs="+", type=Path, required=True, help="controls.json of each concept")
    parser.add_argument("--agreement", nargs="*", type=Path, default=[], help="agreement.csv, with several passes")
    parser.add_argument("--outside", nargs="*", default=[], help="what other embedders say, where there are any")
    parser.add_argument("--tags", nargs="*", default=[], help="what embedders' own tags say, of those that have some")
    parser.add_argument("--outputs", nargs="+", type=Path, required=True, help="card.json of each concept")
    arguments = parser.parse_args()

    from musicologist.concepts import definitions
    from musicologist.core import results, results_writing
    from musicologist.core.files import write_text
    from musicologist.emergence import answers, cards

    def read(path: str | Path) -> dict:
        return json.loads(Path(path).read_text(encoding="utf-8"))

    agreement = {row["aspect"]: row for path in arguments.agreement for row in results.read(path)}
    known = definitions.load(arguments.concepts)
    outside = [row for path in arguments.outside for row in read(path)["curves"]]
    tags = [row for path in arguments.tags for row in read(path)["curves"]]
    rows, order = results.read(arguments.atlas), read(arguments.order)
    controls = [read(path) for path in arguments.controls]
    controlled = answers.of_controls(answers.curves(controls))
    for path, under, output in zip(arguments.summaries, controls, arguments.outputs, strict=True):
        summary = read(path)
        name = summary["concept"]
        reports = {report["classifier"]: report for report in map(read, _beside(path, arguments.reports))}
        mine = [row for row in rows if row["concept"] == name]
        card = cards.card(known[name], mine, summary, reports, order, agreement, under, controlled)
        card["other_embedders"] = [row for row in outside if row["concept"] == name]
        card["tags"] = [row for row in tags if row["concept"] == name]
        write_text(output, json.dumps(results_writing.without_nan(card), indent=2) + "\n")


def _beside(summary: Path, reports: list[Path]) -> list[Path]:
    return [report for report in reports if report.parent == summary.parent]


if __name__ == "__main__":
    programs.run(main)
