"""Why jobs do not start: said in a sentence once they have waited for a while."""

import re
from collections.abc import Iterable, Mapping

from snakemake_executor_plugin_safe_slurm import queue

AGAIN_S = 3600
# Of jobs that start by themselves once others have ended or a time has come. All else is told.
ORDINARY = re.compile(
    r"None|Priority|Resources|Dependency|BeginTime|JobArrayTaskLimit|Cleaning|Licenses|Prolog|WaitingForScheduling|Deadline"
    r"|(?:Assoc|QOS)(?:Max|Grp)(?!.*(?:Minutes|Mins|PerJob|Wall|PerNode))\w*"
)
REMEDIES = (
    ("JobHeldUser", "you hold it: `scontrol release {job}` lets it go"),
    ("JobHeldAdmin", "an administrator of the cluster holds it: ask why"),
    (
        "held|Hold|HOLD",
        "Slurm holds it after it failed to start: `scontrol show job {job}` says more, `scontrol release {job}` lets it go",
    ),
    (
        "DOWN|DRAINED|NotAvail|NodeDown|PartitionDown|PartitionInactive|Reservation",
        "the nodes are down, drained or reserved: `sinfo -R` says why; what waits starts once they are back",
    ),
    ("Minutes|Mins|Billing", "the budget of the account is used up: ask for more, or use another account"),
    (
        "BadConstraints|NodeLimit|TimeLimit|PerJob|PerNode|Wall|Min|Invalid|NotAllowed|Never",
        "it can never start so: stop the run with Ctrl-C, correct the rule's resources in the profile, start again",
    ),
)
UNNAMED = "`scontrol show job {job}` says more"


class Waiting:
    """How long each pending job has had its reason."""

    def __init__(self, patience_s: float) -> None:
        """A reason is told once a job has had it for ``patience_s``, and again every hour."""
        self.patience_s = patience_s
        self._since: dict[tuple[str, str], float] = {}
        self._told: dict[str, float] = {}

    def sentences(self, jobs: Mapping[str, queue.Job], ours: Iterable[str], now: float) -> list[str]:
        """A sentence for each reason that is to be told at the time ``now`` (s)."""
        pending = {
            (job, jobs[job].reason or jobs[job].state)
            for job in ours
            if job in jobs and jobs[job].state in queue.PENDING
        }
        self._since = {key: self._since.get(key, now) for key in pending if not ORDINARY.fullmatch(key[1])}
        late: dict[str, list[str]] = {}
        for (job, reason), since in sorted(self._since.items()):
            if now - since >= self.patience_s:
                late.setdefault(reason, []).append(job)
        due = [reason for reason in late if now - self._told.get(reason, -AGAIN_S) >= AGAIN_S]
        self._told |= dict.fromkeys(due, now)
        return [sentence(reason, late[reason]) for reason in due]


def sentence(reason: str, jobs: list[str]) -> str:
    """What Slurm gives as the reason, and what can be done about it."""
    what = next((remedy for part, remedy in REMEDIES if re.search(part, reason)), UNNAMED).format(job=jobs[0])
    which = f"{len(jobs)} of this run's jobs (the first: {jobs[0]})"
    return f"Slurm does not start {which} by itself, for the reason {reason}: {what}."
