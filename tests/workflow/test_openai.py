"""Prompts written and annotated by a language model, from a server on the loopback that fails in every way that one can."""

import secrets
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from musicologist.prompts.lexicon_annotator import annotate_by_lexicon

from tests.support import kills
from tests.support.fake_openai import FakeOpenAI

KEY = f"sk-{secrets.token_hex(20)}"
ASKED = "results/asked"
TARGETS = [f"{ASKED}/prompts/annotations.parquet", f"{ASKED}/prompts/agreement.csv"]
CHANGES = (
    ("run: small", "run: asked"),
    ("writer: template", "writer: openai"),
    ("  count: 22", "  count: 40"),
    ("prompts_per_shard: 11", "prompts_per_shard: 10"),
    ("annotator: lexicon", "annotator: openai\n  passes: 2\nopenai:\n  concurrency: 4"),
)


@pytest.fixture(scope="module")
def server():
    fake = FakeOpenAI()
    yield fake
    fake.close()


@pytest.fixture(scope="module")
def config(checkout):
    return checkout.configuration("asked.yaml", *CHANGES)


def answers_on_file(checkout):
    path = checkout / f"{ASKED}/prompts/answers/annotations.jsonl"
    return path.read_text().count("\n") if path.exists() else 0


def wait_until(condition, seconds=900):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def test_a_missing_key_is_one_sentence_before_anything_is_queued(checkout, config, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    done = checkout.snakemake(config=config)
    assert done.returncode == 1
    assert "OPENAI_API_KEY is not set, and this run asks OpenAI: export OPENAI_API_KEY=" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "rule " not in done.stdout + done.stderr
    assert not (checkout / ASKED).exists()
    assert checkout.planned(*TARGETS, config=config) == Counter(
        request_prompts=2, collect_prompts=1, request_annotations=1, parse_annotations=1, measure_agreement=1
    )


@pytest.fixture(scope="module")
def annotated(checkout, server, config):
    """40 prompts written and annotated in spite of everything, kill -9 half-way included."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        for name, value in server.environment.items():
            patch.setenv(name, value)
        server.plan = ["429", "500", "drop", *[""] * 6, *["hang"] * 50]
        with kills.started(checkout, checkout.command(*TARGETS, config=config)):
            wait_until(lambda: answers_on_file(checkout) == 6 and server.requests[-1]["fault"] == "hang")
        server.plan = ["malformed body", "unknown aspect", "missing item", "doubled item", "swapped items"]
        server.plan += ["malformed content"]
        checkout.run("--unlock", config=config)
        checkout.run(*TARGETS, config=config)
        yield checkout


def test_every_prompt_is_annotated_correctly(annotated, server):
    assert {request["fault"] for request in server.requests} >= {
        "429",
        "500",
        "drop",
        "hang",
        "malformed body",
        "malformed content",
        "unknown aspect",
        "missing item",
        "doubled item",
        "swapped items",
    }
    prompts = pd.read_parquet(annotated / f"{ASKED}/prompts/prompts.parquet")
    majority = pd.read_parquet(annotated / f"{ASKED}/prompts/annotations.parquet")
    by_pass = pd.read_parquet(annotated / f"{ASKED}/prompts/annotations_by_pass.parquet")
    right = [list(annotation.aspects) for annotation in annotate_by_lexicon(prompts["text"])]
    assert len(prompts) == 40
    assert [list(found) for found in majority["aspects"]] == right
    assert [list(found) for found in by_pass["aspects"]] == [aspects for aspects in right for _ in range(2)]
    assert set(majority["pass"]) == {0} and list(by_pass["pass"]) == [1, 2] * 40
    agreement = pd.read_csv(annotated / f"{ASKED}/prompts/agreement.csv")
    assert len(agreement) == 25
    assert set(agreement["kappa"].dropna()) == {1.0}


def test_no_answer_is_asked_for_twice(annotated, server):
    texts = pd.read_parquet(annotated / f"{ASKED}/prompts/prompts.parquet")["text"]
    assert Counter(server.answered) == dict.fromkeys(texts, 2)


def test_no_prompt_stands_twice(annotated):
    texts = pd.read_parquet(annotated / f"{ASKED}/prompts/prompts.parquet")["text"]
    assert texts.str.lower().nunique() == 40


def test_what_it_will_cost_is_said_before_the_first_call(annotated):
    message = (annotated / "logs/asked/request_annotations.log").read_text().splitlines()
    assert message[0].startswith("Annotating: 10 calls of gpt-4.1-mini at 127.0.0.1:")
    assert "tokens asked" in message[0] and message[0].endswith("USD at OpenAI's list price.")


def test_the_key_is_in_no_file(annotated):
    files = [path for path in Path(annotated.path).rglob("*") if path.is_file()]
    assert any(".snakemake" in path.parts for path in files)
    contents = {path: path.read_bytes() for path in files}
    assert [path for path, content in contents.items() if KEY.encode() in content] == []
    assert any(b"Bearer [key]" in content for content in contents.values())


def test_more_prompts_ask_for_new_ones_and_touch_no_finished_batch(annotated, server):
    more = annotated.configuration("more.yaml", *CHANGES, ("  count: 40", "  count: 60"))
    prompts = annotated / f"{ASKED}/prompts"
    before = {path.name: path.read_bytes() for path in prompts.glob("batch_*.jsonl")}
    asked = len(server.requests)
    assert annotated.planned(*TARGETS, config=more) == Counter(
        request_prompts=1, collect_prompts=1, request_annotations=1, parse_annotations=1, measure_agreement=1
    )
    annotated.run(*TARGETS, config=more)
    assert {name: (prompts / name).read_bytes() for name in before} == before
    texts = pd.read_parquet(prompts / "prompts.parquet")["text"]
    assert texts.str.lower().nunique() == 60
    news = [request for request in server.requests[asked:] if not request["writing"]]
    assert Counter(text for request in news for text in request["texts"]) == dict.fromkeys(texts[40:], 2)
    (prompts / "batch_0001.jsonl").unlink()
    asked = len(server.requests)
    annotated.run(f"{ASKED}/prompts/batch_0001.jsonl", config=more)
    assert (prompts / "batch_0001.jsonl").read_bytes() == before["batch_0001.jsonl"]
    assert len(server.requests) == asked
