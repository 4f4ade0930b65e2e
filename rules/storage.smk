# Results behind one of Snakemake's storage plugins (`--default-storage-provider fs`).
def check_storage():
    """UserError where Snakemake would remove its local copies of files that a job finds through another file."""
    used = workflow.storage_settings
    if used.default_storage_provider and not used.keep_storage_local:
        raise UserError(
            "Results behind a storage plugin need --keep-storage-local-copies: embed_audio reads the tar files that the manifest of"
            " a shard lists; they are no inputs of its own, so that a step removed from trajectory.keep makes nothing stale."
        )
