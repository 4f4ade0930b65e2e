"""What of a run is not part of the checkout: it is checked before the run, and models are fetched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicologist.inputs import section
from musicologist.models import hub
from musicologist.workflow import ears, planned, preflight


@dataclass(frozen=True)
class Checks:
    """The part of a run (``run.Run``) that is about it."""

    config: Mapping[str, Any]
    ears: Mapping[str, ears.Ear]

    @property
    def results(self) -> str:
        """The run's folder."""
        raise NotImplementedError

    @property
    def downloads_notes(self) -> bool:
        """Whether the notes are at an address."""
        return section.is_address(self.config["inputs"]["notes"])

    @property
    def foreign_models(self) -> dict[str, str]:
        """The models in use that are not part of the checkout."""
        named = {ear.kind: ear.model for ear in self.ears.values()}
        return preflight.foreign_models({**self.config["models"], **named}, self.config["inputs"])

    @property
    def hub_models(self) -> dict[str, hub.Repository]:
        """Those of them that are fetched."""
        return preflight.hub_models(self.foreign_models)

    @property
    def preflight_records(self) -> list[str]:
        """The record of the check before the run, where anything is not part of the checkout."""
        needed = bool(self.foreign_models) or self.downloads_notes
        return [f"{self.results}/preflight.json"] if needed else []

    @property
    def models_records(self) -> list[str]:
        """The record of what was fetched, where anything is."""
        return [f"{self.results}/models/downloaded.json"] if self.hub_models else []

    @property
    def first_check(self) -> list[str]:
        """What the first jobs wait for: that the check was made, in a run that was begun with one.

        A model that is named later is checked too, but only the jobs that use it wait: the others would count as stale.
        """
        mark = planned.folder(self.results) / "checked"
        begun = bool(self.preflight_records) and not planned.made(self.results)
        return [str(mark)] if begun or mark.exists() else []

    def records_of(self, *kinds: str) -> list[str]:
        """What a job waits for that uses models of these kinds: the record of what was fetched, else of the check."""
        if not self.hub_models.keys().isdisjoint(kinds):
            return self.models_records
        return [] if self.foreign_models.keys().isdisjoint(kinds) else self.preflight_records
