"""The four answers that a curve can give, and how early they say that a concept is there."""

from collections.abc import Mapping

import numpy as np

NOT_EMERGED = "not emerged"
UNRESOLVED = "present, start unresolved"
FROM_THE_START = "there from the start"
EMERGED = "emerged"


def earliness(answers: Mapping[str, str], sigma: Mapping[str, float], last_sigma: float) -> tuple[float, float]:
    """How early a concept is there, larger is earlier, by its ``answers`` and the sigma of its half-excess, both by probe.

    The mean of the log sigma, and among equals the share of probes that have it there from the start. What is unresolved comes
    after all that is, and what did not emerge after that.
    """
    late = {UNRESOLVED: np.log(last_sigma) - 0.5, NOT_EMERGED: np.log(last_sigma) - 1}
    times = [late[found] if found in late else np.log(sigma[probe]) for probe, found in answers.items()]
    return float(np.mean(times)), float(np.mean([found == FROM_THE_START for found in answers.values()]))
