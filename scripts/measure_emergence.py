"""Measure how well prompts with and without a concept are told apart, for every classifier, signal and step."""

import argparse
import csv
import io

from musicologist import cli


def main() -> None:
    """Write the long table of one concept, with 95 % intervals over prompts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concept", required=True)
    parser.add_argument("--scores", nargs="+", required=True, metavar="CLASSIFIER=PATH")
    parser.add_argument("--resamples", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()

    import numpy as np
    from musicologist import statistics, tables
    from musicologist.files import write_text

    rows = []
    for item in arguments.scores:
        classifier, path = item.split("=", 1)
        table = tables.read(path, "scores")
        columns = {name: table[name].to_numpy() for name in table.column_names}
        levels = sorted({*zip(columns["signal"], columns["step"], strict=True)})
        for signal, step in levels:
            here = np.flatnonzero((columns["signal"] == signal) & (columns["step"] == step))
            level = {name: values[here] for name, values in columns.items()}
            place = {"concept": arguments.concept, "classifier": classifier, "signal": signal, "step": int(step)}
            noise = {name: float(level[name][0]) for name in ("sigma", "log_snr_db")}
            rows.append({**place, **noise, **statistics.measure(level, arguments.seed, arguments.resamples)})
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{v:.6g}" if isinstance(v, float) else v for name, v in row.items()} for row in rows)
    write_text(arguments.output, buffer.getvalue())


if __name__ == "__main__":
    cli.run(main)
