"""Which classifiers there are: the library's own by name, and those that a configuration brings along.

No script imports this, so that one more entry makes nothing stale: a rule hands its script the address of a classifier."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from musicologist.core.errors import UserError, suggest
from musicologist.probes import classifiers
from musicologist.probes.classifiers import Classifier

ADDRESSES = {
    "logistic": "musicologist.probes.logistic",
    "svm": "musicologist.probes.svm",
}
"""Where each classifier of the library is defined, by the name that a configuration gives it."""

_TAKEN = ("card", "controls", "emergence")
"""Names of other JSON files that lie beside a probe's report."""


@dataclass(frozen=True)
class Configured:
    """A classifier of a run: its name there, its address, what it is, and the values (one or more) of each setting."""

    name: str
    address: str
    classifier: Classifier
    grid: Mapping[str, list[float]]

    @property
    def file(self) -> Path:
        """The file that defines it: what its probes are stale by."""
        own = Path(__file__).with_name(f"{self.address.rpartition('.')[2]}.py")
        return Path(self.address) if self.address.endswith(".py") else own

    @property
    def options(self) -> str:
        """The grid as options of a script: ``--grid C 0.1 1 10 --grid gamma 1``."""
        return " ".join(f"--grid {quote(name)} {' '.join(map(str, values))}" for name, values in self.grid.items())

    @property
    def style(self) -> str:
        """How figures show it, as an option of a script: name, label, colour and mark; empty for one that figures choose."""
        style = (self.name, self.classifier.label, self.classifier.colour or "", self.classifier.marker or "")
        return " ".join(["--style", *map(quote, style)])


def configured(entries: Mapping[str, Mapping[str, Any]], source: str) -> dict[str, Configured]:
    """The classifiers of a configuration's ``probes.classifiers`` by name, in its order.

    Settings that an entry does not give have the classifier's defaults. Raises UserError, naming ``source``, for a name that
    is unknown or taken, a file that defines no classifier, and a setting that the classifier does not have.
    """
    found = {name: _configured(name, entry, source) for name, entry in entries.items()}
    names: dict[str, str] = {}
    for name, one in found.items():
        other = names.setdefault(one.file.stem, name)
        if other != name:
            raise UserError(
                f"{source}: probes.classifiers.{other} and probes.classifiers.{name} both lie in a file named "
                f"{one.file.name}: give one file another name."
            )
    return found


def _configured(name: str, entry: Mapping[str, Any], source: str) -> Configured:
    key = f"{source}: probes.classifiers.{name}"
    address = entry.get("file", ADDRESSES.get(name))
    if address is None:
        raise UserError(
            f"{key} is unknown; {suggest(name, ADDRESSES)}, or say in which file it is defined (file: my/{name}.py)."
        )
    if name in _TAKEN or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UserError(
            f"{key} cannot be a classifier's name, which stands in file names: take lower-case letters, digits and "
            f"underscores, and none of {', '.join(_TAKEN)}."
        )
    if not address.endswith(".py") and "file" in entry:
        raise UserError(f"{key}.file is {address!r}: expected a Python file, my/{name}.py.")
    try:
        classifier = classifiers.at(address)
    except SystemExit:
        raise UserError(
            f"{address} ends the program where it is read: put what it does by itself below `if __name__ == '__main__':`."
        ) from None
    if not isinstance(classifier.settings, Mapping):
        raise UserError(
            f"{address}: settings is {str(classifier.settings)[:40]!r}: expected values by name, {{}} for none."
        )
    for setting in entry:
        if setting != "file" and setting not in classifier.settings:
            known = suggest(setting, [*classifier.settings, "file"])
            raise UserError(f"{source}: unknown key probes.classifiers.{name}.{setting}; {known}.")
    grid = {setting: entry.get(setting, default) for setting, default in classifier.settings.items()}
    return Configured(name, address, classifier, {k: v if isinstance(v, list) else [v] for k, v in grid.items()})
