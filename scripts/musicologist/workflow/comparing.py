"""Which runs ``snakemake compare`` compares, and whether they are there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError


def folders(config: Mapping[str, Any], source: str) -> dict[str, str]:
    """The folder of each run that ``runs`` names, by name; none where it names none.

    Raises UserError for a run that was not made, but for the one that ``config`` itself makes.
    """
    found = {name: f"results/{name}" for name in config["runs"]}
    for name, folder in found.items():
        if name != config["run"] and not Path(folder, "atlas.csv").is_file():
            raise UserError(
                f"{source}: runs names {name}, but {folder}/atlas.csv does not exist: expected finished runs; run it first "
                "with its own configuration, or name another."
            )
    return found


def landmarks(config: Mapping[str, Any], concepts: Sequence[str]) -> list[str]:
    """The tables of landmarks of all runs that ``runs`` names; ``concepts`` are those of the run that ``config`` makes."""
    found = []
    for name, folder in folders(config, "runs").items():
        if name == config["run"]:
            found += [f"{folder}/concepts/{concept}/landmarks.parquet" for concept in concepts]
        else:
            found += sorted(map(str, Path(folder).glob("concepts/*/landmarks.parquet")))
    return found


def nothing_to_compare(source: str) -> UserError:
    """What `snakemake compare` says where there is one run with one embedder."""
    return UserError(
        f"{source} has one embedder and names no runs: nothing to compare. Name finished runs, the reference first, as in "
        "`snakemake compare --config runs='[first, second]'`, or several embedders in models.embedders."
    )
