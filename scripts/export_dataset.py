"""Write a finished run's tables as a data set that others load: a Hugging Face style folder with a card and a citation."""

import argparse
import json
import shutil
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write the folder: the tables below data/, README.md and CITATION.bib."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--run", type=Path, required=True, help="run.json")
    parser.add_argument("--emergence", type=Path, required=True)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--scores", type=Path, nargs="+", required=True, help=".../CONCEPT/scores_CLASSIFIER.parquet")
    parser.add_argument("--output", type=Path, required=True, help="the folder")
    arguments = parser.parse_args()

    import pyarrow.parquet as pq
    from musicologist.core.checkout import CHECKOUT
    from musicologist.core.files import write_text
    from musicologist.workflow import dataset_card

    given = {
        "emergence": ([arguments.emergence], "Concepts by probes, signals and noise levels: the result."),
        "scores": (arguments.scores, "What each probe says of every clip at every level."),
        "prompts": ([arguments.prompts], "The prompts."),
        "annotations": ([arguments.annotations], "What the prompts ask for."),
    }
    run = json.loads(arguments.run.read_text(encoding="utf-8"))
    if arguments.output.exists():
        shutil.rmtree(arguments.output)
    parts = []
    for name, (files, about) in given.items():
        folder = arguments.output / "data" / name
        folder.mkdir(parents=True)
        for file in files:
            shutil.copyfile(file, folder / (f"{file.parent.name}.{file.name}" if len(files) > 1 else file.name))
        schema = pq.read_schema(files[0])
        rows = sum(pq.read_metadata(file).num_rows for file in files)
        columns = [(field.name, str(field.type)) for field in schema]
        parts.append(dataset_card.Part(name, f"data/{name}/*.parquet", about, rows, columns))
    citation = dataset_card.bibtex(CHECKOUT / "CITATION.cff", run)
    write_text(arguments.output / "README.md", dataset_card.card(run, parts, citation))
    write_text(arguments.output / "CITATION.bib", citation)


if __name__ == "__main__":
    programs.run(main)
