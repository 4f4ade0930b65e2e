"""What was meant by a target that no rule makes."""

import difflib
import re
from collections.abc import Iterable

_MISSING = re.compile(r"MissingRuleException:\s+No rule to produce (\S+)")


def explained(said: str, rules: Iterable[str], products: Iterable[str], known: dict[str, list[str]]) -> str:
    """What Snakemake ``said``; where it found no rule for a target, one sentence with the target that was probably meant.

    ``products`` are paths with wildcards; those are looked at that have none but {concept} and {classifier}, whose values are
    ``known``. The name of a concept alone stands for its first product.
    """
    match = _MISSING.match(said)
    if not match:
        return said
    target, concepts = match[1], known["concept"]
    names = [*rules, *_paths(products, known)]
    of_concept = {
        name: path
        for name in concepts
        for path in names
        if f"/{name}/" in path and path.endswith((".png", ".svg", ".pdf"))
    }
    close = difflib.get_close_matches(target, [*names, *concepts], n=1)
    if not close:
        return f"No rule makes {target}: `snakemake --list-target-rules` lists rules, the head of the Snakefile all products."
    return f"No rule makes {target}; did you mean {of_concept.get(close[0], close[0])}?"


def _paths(products: Iterable[str], known: dict[str, list[str]]) -> list[str]:
    found = []
    for product in products:
        some = [re.sub(r"\{(\w+),[^}]*\}", r"{\1}", product)]
        for name, values in known.items():
            some = [
                made
                for path in some
                for made in (
                    [path.replace(f"{{{name}}}", value) for value in values] if f"{{{name}}}" in path else [path]
                )
            ]
        found += [path for path in some if "{" not in path]
    return found
