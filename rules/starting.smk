"""What is checked when a run starts, once Snakemake knows which jobs there are and where they go."""


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
