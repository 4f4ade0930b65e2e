import json
import threading
import time

import pytest
from musicologist.core.errors import UserError
from musicologist.prompts import openai_annotator, openai_client

from tests.support.fake_openai import FakeOpenAI

pytestmark = pytest.mark.slow

KEY = "sk-a-long-secret"
TEXTS = ("A bright flute.", "A warm organ.")


@pytest.fixture(scope="module")
def server():
    fake = FakeOpenAI()
    yield fake
    fake.close()


@pytest.fixture
def ask(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setattr(openai_client, "RETRIES", 1)
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    def once(*plan):
        server.plan = list(plan)
        return openai_client.asker("gpt-4.1-mini", 1)(openai_annotator.request(TEXTS))

    return once


@pytest.mark.parametrize("key", [None, "", "  "])
def test_without_a_key_nothing_is_asked(monkeypatch, key):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("OPENAI_API_KEY", key)
    with pytest.raises(UserError, match="OPENAI_API_KEY is not set, and this run asks OpenAI"):
        openai_client.asker("gpt-4.1-mini", 1)


@pytest.mark.parametrize("fault", ["500", "drop"])
def test_what_passes_is_asked_again(ask, fault):
    assert len(openai_client.content(ask(fault))["annotations"]) == 2


def test_a_rate_limit_is_waited_for_as_long_as_the_server_says(ask, server):
    assert len(openai_client.content(ask("429"))["annotations"]) == 2
    first, second = server.requests[-2:]
    assert first["fault"] == "429" and second["at"] - first["at"] >= 1


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (["401"], "refuses the key in OPENAI_API_KEY"),
        (["403"], "refuses the key in OPENAI_API_KEY"),
        (["404"], "does not know the model 'gpt-4.1-mini'"),
        (["400"], "refuses the request"),
        (["quota", "quota"], "has no credit left: add some and run again"),
        (["429 for an hour"], "limits the rate and asks to wait 3600 s"),
        (["500", "500"], "fails in spite of 1 retries"),
        (["drop", "drop"], "could not be reached"),
    ],
)
def test_what_lasts_is_one_sentence_without_the_key(ask, plan, sentence):
    with pytest.raises(UserError) as caught:
        ask(*plan)
    assert sentence in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_key_is_blotted_out_of_an_answer(ask):
    body = ask()
    assert KEY not in body
    assert json.loads(body)["id"] == "Bearer [key]"


def test_the_name_of_the_server_has_no_password(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:secret@example.org:8000/v1")
    assert openai_client.host() == "example.org:8000"
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert openai_client.host() == "api.openai.com"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"choices": []}',
        '{"choices": [{"message": {"content": null}}]}',
        '{"choices": [{"message": {"content": "{"}}]}',
        '{"choices": [{"finish_reason": "length", "message": {"content": "{}"}}]}',
        '{"choices": [null]}',
    ],
)
def test_a_malformed_answer_has_no_content(body):
    assert openai_client.content(body) is None


def test_an_estimate_counts_calls_tokens_and_money():
    request = openai_client.Request("s" * 398, "u" * 4000, {})
    words = openai_client.estimate("gpt-4.1-mini", [request] * 100, 400_000)
    assert words.startswith(
        "100 calls of gpt-4.1-mini at api.openai.com, about 110,000 tokens asked and 100,000 answered"
    )
    assert "about 0.2 USD" in words
    assert "no price is known" in openai_client.estimate("mine", [request], 1)


def test_no_more_calls_at_once_than_allowed_and_none_after_a_failure():
    under_way, most, done, lock = set(), [], [], threading.Lock()

    def ask(number):
        with lock:
            under_way.add(number)
            most.append(len(under_way))
        time.sleep(0.02)
        with lock:
            under_way.remove(number)
            done.append(number)
        if number == 5:
            raise UserError("five")

    openai_client.ask_all(range(5), ask, 3, "calls")
    assert sorted(done) == list(range(5)) and max(most) == 3
    with pytest.raises(UserError, match="five"):
        openai_client.ask_all(range(5, 200), ask, 3, "calls")
    assert not under_way and len(done) < 50
