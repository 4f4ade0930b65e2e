"""What is checked when a run starts, once Snakemake knows which jobs there are and where they go; what it says while it runs."""

from snakemake import common as snakemake_common
from snakemake.jobs import Job
from snakemake.logging import logger

from musicologist.workflow import targets, terminal


def check_storage():
    """UserError where Snakemake would remove its local copies of files that a job finds through another file."""
    used = workflow.storage_settings
    if used.default_storage_provider and not used.keep_storage_local:
        raise UserError(
            "Results behind a storage plugin need --keep-storage-local-copies: embed_audio reads the tar files that the manifest of"
            " a shard lists; they are no inputs of its own, so that a step removed from trajectory.keep makes nothing stale."
        )


def check_gpu_was_tried():
    """UserError where GPU jobs are about to be queued on Slurm nodes on which this configuration has not been tried."""
    if workflow.executor_plugin.name in ("safe-slurm", "slurm"):
        queued = [job for job in workflow.dag.needrun_jobs() if job.resources.get("device", "cpu") != "cpu"]
        parts = ("check_generator", "check_embedder")
        jobs = [(job.rule.name, job.resources) for job in queued if not job.rule.name.endswith(parts)]
        path = Path(f"{RUN.results}/gpu_check.json")
        record = json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
        gpu_checks.check_tried(record, GPU_CHECKED, jobs)


def stage_of(name):
    """The stage of a rule: the file in which it stands, without its variant; none for rules that only name targets."""
    one = workflow.get_rule(name)
    return Path(one.snakefile).stem.partition("_")[0] if one.output else ""


def explained(said):
    """What ended Snakemake itself, with the target that was probably meant."""
    products = [str(product) for one in workflow.rules for product in one.output]
    known = {"concept": RUN.concepts, "classifier": CLASSIFIERS, "ear": list(RUN.ears)}
    return targets.explained(said, [one.name for one in workflow.rules], products, known)


def say_little():
    """Show a line a stage, and of a dry-run a table, unless Snakemake's own lines are asked for."""
    said = workflow.output_settings
    asked = said.verbose or said.quiet or said.debug_dag or os.environ.get(terminal.FULL) == "full"
    if not (asked or IS_MODULE or STARTED):
        stream = sys.stdout if said.stdout else sys.stderr
        screen = terminal.Terminal(stage_of, stream, said.dryrun, explained=explained)
        terminal.take_over(logger, screen)
        if said.dryrun:
            terminal.plan_lightly(logger, Job, snakemake_common)


def show_products():
    """Name the files to open, of those that this run's plan has."""
    made = {output for job in workflow.dag.jobs for output in job.output}
    names = (
        "prompts/labels.csv",
        "listen/index.html",
        *pictures("atlas", "order", "distances", "commitment", "switching"),
    )
    shown = [path for path in (f"{RUN.results}/{name}" for name in names) if path in made] or sorted(
        str(path) for path in workflow.dag.targetfiles
    )
    if f"{RUN.results}/prompts/labels.csv" in made:
        print(*terminal.columns(f"{RUN.results}/prompts/labels.csv"), sep="\n", file=sys.stderr)
    print("Open:", *(f"  {os.path.abspath(path)}" for path in shown[:8]), sep="\n", file=sys.stderr)


say_little()
