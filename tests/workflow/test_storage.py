"""Results behind Snakemake's storage plugin for file systems: the same products, or a sentence."""

import shutil

from tests.workflow.conftest import Checkout
from tests.workflow.products import differences

TARGETS = ("results/small/embeddings/shards/audio_0000.parquet", "results/small/prompts/annotations.parquet")


def storage(folder) -> tuple[str, ...]:
    return "--default-storage-provider", "fs", "--default-storage-prefix", str(folder)


def test_products_behind_a_storage_plugin_are_those_of_a_plain_run(checkout, tmp_path):
    done = checkout.snakemake(*TARGETS, *storage(tmp_path / "elsewhere"))
    assert done.returncode == 1 and "need --keep-storage-local-copies" in done.stderr
    checkout.run(*TARGETS, *storage(tmp_path / "elsewhere"), "--keep-storage-local-copies")
    plain = Checkout(tmp_path / "plain")
    plain.run(*TARGETS)
    kept = tmp_path / "kept"
    for target in TARGETS:
        (kept / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tmp_path / "elsewhere" / target, kept / target)
        (kept / "plain" / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(plain / target, kept / "plain" / target)
    assert differences(kept / "results", kept / "plain/results") == []
