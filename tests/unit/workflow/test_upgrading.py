import json
from base64 import urlsafe_b64encode

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from musicologist.core import shard_writing
from musicologist.workflow import upgrading

PARAMS = "Params have changed since last execution: Union of exclusive params before and now across all output: "
CODE = f"{PARAMS}before: 'code generate_audio: {'a' * 16}' now: 'code generate_audio: {'b' * 16}' "
FOLLOWS = "Input files updated by another job: "


def job(reason, rule="generate_audio", output="results/r/audio/shard_0000.json"):
    return upgrading.Job(rule, (output,), "", True, reason)


def test_a_reason_says_what_changed():
    assert job(CODE).changes == ["code generate_audio"]
    assert job(CODE).renewed == {f"'code generate_audio: {'a' * 16}'": f"'code generate_audio: {'b' * 16}'"}
    bare = CODE.replace("'", "")
    assert job(bare).renewed == {f"code generate_audio: {'a' * 16}": f"code generate_audio: {'b' * 16}"}
    follower = job(f"{FOLLOWS}a.json, b.json")
    assert (follower.changes, follower.follows, follower.renewed) == ([], ["a.json", "b.json"], {})


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            CODE.replace("before: ", "before: '--steps 4',").replace("now: ", "now: '--steps 5',"),
            ["code generate_audio"],
        ),
        (CODE.replace("code generate_audio", "model diffusion"), ["model diffusion"]),
        ("Missing output files: x.json", ["products that are missing"]),
        (f"Code has changed since last execution; {CODE}", ["the rule itself", "code generate_audio"]),
        (f"{PARAMS}before: '4' now: '5' ", ["parameters"]),
    ],
)
def test_more_than_the_code_is_not_adopted(reason, words):
    assert job(reason).changes == words
    assert job(reason).renewed == {}
    assert upgrading.adoptable([job(reason)])[0] == []


def test_costly_jobs_are_adopted_with_what_they_follow_from_unless_that_changed_otherwise():
    cheap = job(CODE.replace("generate_audio", "write_prompts"), "write_prompts", "results/r/prompts/batch_0000.jsonl")
    costly = job(f"{FOLLOWS}results/r/prompts/batch_0000.jsonl")
    figure = job(CODE.replace("generate_audio", "plot_atlas"), "plot_atlas", "results/r/atlas.png")
    assert upgrading.adoptable([cheap, costly, figure]) == ([cheap], [])
    missing = job("Missing output files: x", "write_prompts", "results/r/prompts/batch_0000.jsonl")
    assert upgrading.adoptable([missing, costly]) == ([], [(costly, "products that are missing of write_prompts")])


def test_samples_are_spread_over_the_jobs_of_each_rule():
    jobs = [job(CODE, output=f"results/r/{number}") for number in range(5)]
    assert [one.outputs[0] for one in upgrading.samples(jobs, 2)] == ["results/r/0", "results/r/4"]
    assert len(upgrading.samples(jobs[:1], 2)) == 1


def test_clips_and_columns_are_compared_by_content(tmp_path):
    audio = np.sin(np.linspace(0, 900, 16000))[None].astype(np.float32) / 2
    for name, clip in (("a", audio), ("b", audio), ("c", audio * 0.9)):
        with shard_writing.ShardWriter(tmp_path / f"{name}.tar") as writer:
            writer.add(shard_writing.Clip("clip", clip, 16000, {"prompt_id": 0}))
    assert upgrading.difference(tmp_path / "a.tar", tmp_path / "b.tar", 0) == ""
    assert (
        upgrading.difference(tmp_path / "a.tar", tmp_path / "c.tar", 0) == "1 of 1 clips, by up to 0.05 of full scale"
    )
    assert upgrading.difference(tmp_path / "a.tar", tmp_path / "c.tar", 0.06) == ""
    for name, value in (("a", 1.0), ("b", 1.5)):
        pq.write_table(pa.table({"embedding": [[value, 2.0]]}), tmp_path / f"{name}.parquet")
    assert upgrading.difference(tmp_path / "a.parquet", tmp_path / "b.parquet", 0) == "column embedding, by up to 0.5"
    assert upgrading.difference(tmp_path / "a.parquet", tmp_path / "b.parquet", 0.5) == ""


def test_records_get_the_new_digest_and_can_be_put_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key = urlsafe_b64encode(b"results/r/audio/shard_0000.json").decode()
    record = tmp_path / ".snakemake/metadata" / f"@{key[:20]}" / key[20:]
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"params": ["1", f"'code generate_audio: {'a' * 16}'"], "starttime": 1, "endtime": 8}))
    old = record.read_text()
    upgrading._records.cache_clear()
    assert upgrading.seconds([job(CODE)])[0] == {job(CODE): 7}
    before = upgrading.mark_fresh([job(CODE)])
    assert json.loads(record.read_text())["params"] == [f"'code generate_audio: {'b' * 16}'", "1"]
    upgrading.restore(before)
    assert record.read_text() == old
    upgrading._records.cache_clear()
