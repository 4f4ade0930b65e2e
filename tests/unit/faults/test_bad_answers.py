"""A language model that answers badly: nothing usable is asked again, what was paid for is asked once."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from musicologist.core import parquet
from musicologist.core.errors import UserError
from musicologist.prompts import batches, openai_client
from musicologist.prompts.tables import PROMPTS

from tests.unit.faults.test_cases import call

pytestmark = pytest.mark.slow

GOOD = [f"A trumpet plays {number} notes." for number in range(4)]


def said(content, reason="stop", **more):
    return 200, {"model": "m", "choices": [{"finish_reason": reason, "message": {"content": content, **more}}]}


PLAIN = json.dumps({"prompts": GOOD})
USELESS = {
    "an error with 200": (200, {"error": "Unexpected endpoint or method"}),
    "a captive portal": (200, "<html>Please log in</html>"),
    "nothing": (200, ""),
    "cut short": said(PLAIN[:20], "length"),
    "a refusal": said(None, refusal="I cannot help with that."),
    "thinking alone": said("<think>Which instruments? Let me see."),
    "no JSON": said("Here are your prompts: a trumpet."),
    "another JSON": said('{"texts": ["A trumpet."]}'),
    "empty prompts": said('{"prompts": ["", "  ", "—"]}'),
    "brackets": said("[" * 5000),
}
WRAPPED = {
    "fences": said(f"```json\n{PLAIN}\n```"),
    "thinking first": said(f"<think>Braces {{ like these?</think>\n{PLAIN}"),
    "words around": said(f"Sure! {PLAIN} Anything else?"),
    "half an emoji": said(PLAIN.replace("0 notes", "0 notes \\ud83c")),
}


class Server:
    """Gives ``next`` to every request, or to some by what they ask; counts them."""

    def __init__(self):
        self.next, self.asked, server = None, [], self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                server.asked.append(body)
                status, answer = server.next(body) if callable(server.next) else server.next
                data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *arguments):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server(monkeypatch):
    made = Server()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{made.http.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secretsecret")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(openai_client, "RETRIES", 0)
    yield made
    made.http.shutdown()
    made.http.server_close()


def write(monkeypatch, tmp_path, *more):
    arguments = [
        "--model",
        "m",
        "--temperature",
        "1",
        "--concurrency",
        "1",
        "--seed",
        "1",
        "--batch",
        "0",
        "--first",
        "0",
    ]
    arguments += ["--last", "3", "--answers", tmp_path / "answers.jsonl", "--output", tmp_path / "batch.jsonl", *more]
    call(monkeypatch, "request_prompts", *arguments)
    return [prompt.text for prompt in batches.read_batch(tmp_path / "batch.jsonl")]


@pytest.mark.parametrize("what", USELESS)
def test_the_writer_goes_on_after_a_bad_answer_once_the_server_is_good(server, monkeypatch, tmp_path, what):
    server.next = USELESS[what]
    with pytest.raises(UserError, match=r"gave nothing that can be used .*the last answer begins: "):
        write(monkeypatch, tmp_path)
    assert not (tmp_path / "batch.jsonl").exists()
    server.next, asked = said(PLAIN), len(server.asked)
    assert write(monkeypatch, tmp_path) == GOOD
    assert len(server.asked) == asked + 1
    (tmp_path / "batch.jsonl").unlink()
    assert write(monkeypatch, tmp_path) == GOOD
    assert len(server.asked) == asked + 1  # the good answer was paid for once


def test_the_sentence_shows_what_came(server, monkeypatch, tmp_path):
    server.next = USELESS["an error with 200"]
    with pytest.raises(UserError, match=r"Unexpected endpoint or method.*most servers want /v1 at its end"):
        write(monkeypatch, tmp_path)


@pytest.mark.parametrize("what", WRAPPED)
def test_an_answer_that_is_wrapped_is_read(server, monkeypatch, tmp_path, what):
    server.next = WRAPPED[what]
    texts = write(monkeypatch, tmp_path)
    assert texts[1:] == GOOD[1:] and texts[0].startswith("A trumpet plays 0 notes")
    assert len(server.asked) == 1


def annotate(monkeypatch, tmp_path, *more):
    import pyarrow as pa

    columns = {"prompt_id": range(4), "text": GOOD, "writer": ["w"] * 4, "unknown_words": [None] * 4}
    parquet.write(tmp_path / "prompts.parquet", PROMPTS, pa.table(columns, schema=PROMPTS))
    arguments = [
        "--prompts",
        tmp_path / "prompts.parquet",
        "--passes",
        "1",
        "--model",
        "m",
        "--temperature",
        "1",
        "--per-request",
    ]
    arguments += [
        "4",
        "--concurrency",
        "1",
        "--answers",
        tmp_path / "a.jsonl",
        "--output",
        tmp_path / "kept.jsonl",
        *more,
    ]
    call(monkeypatch, "request_annotations", *arguments)


def annotations(body):
    items = json.loads(body["messages"][1]["content"])
    return said(json.dumps({"annotations": [{**item, "aspects": ["brass"], "bpm": None} for item in items]}))


@pytest.mark.parametrize("status", [200, 400])
def test_a_prompt_that_is_refused_takes_no_other_with_it_is_named_and_can_be_left_out(
    server, monkeypatch, tmp_path, status
):
    refusals = {
        200: said(None, refusal="Not that one."),
        400: (400, {"error": {"code": "content_filter", "message": "Not that one."}}),
    }

    def answer(body):
        return refusals[status] if GOOD[2] in body["messages"][1]["content"] else annotations(body)

    server.next = answer
    with pytest.raises(
        UserError, match=r"1 of 4 annotations .*prompt 2, 'A trumpet plays 2 notes\.', where it said: .*Not that one"
    ):
        annotate(monkeypatch, tmp_path)
    annotate(monkeypatch, tmp_path, "--leave-out", "2")
    assert (tmp_path / "kept.jsonl").exists()
    asked = [body["messages"][1]["content"] for body in server.asked]
    assert sum(GOOD[0] in text for text in asked) == 2  # with the refused one, then alone


def test_what_a_server_refuses_names_the_key_that_helps(server, monkeypatch, tmp_path):
    for words, key in (
        ("temperature does not support 0.3", "openai.temperature"),
        ("unknown response_format", "openai.structured_output"),
    ):
        server.next = 400, {"error": {"message": words}}
        with pytest.raises(UserError, match=f"{words}.*{key}"):
            write(monkeypatch, tmp_path)
    server.next = 400, {"error": "text alone"}
    with pytest.raises(UserError, match="text alone"):
        write(monkeypatch, tmp_path)
    server.next = said(PLAIN)
    write(monkeypatch, tmp_path, "--in-words")
    assert (
        "response_format" not in server.asked[-1] and "after this schema" in server.asked[-1]["messages"][0]["content"]
    )


ENVIRONMENTS = {
    "a dash in the key": ({"OPENAI_API_KEY": "sk–secretsecret"}, "holds a character that no key has"),
    "an address without http": ({"OPENAI_BASE_URL": "127.0.0.1:8000/v1"}, "OPENAI_BASE_URL is no address"),
    "a port that is no number": ({"OPENAI_BASE_URL": "http://host:abc/v1"}, "OPENAI_BASE_URL is no address"),
    "a proxy of socks": ({"ALL_PROXY": "socks5://127.0.0.1:1"}, "No client for .* can be made"),
    "certificates that are not there": ({"SSL_CERT_FILE": "/nowhere/x.pem"}, "No client for .* can be made"),
}


@pytest.mark.parametrize("what", ENVIRONMENTS)
def test_the_environment_is_looked_at_before_anything_is_queued(monkeypatch, what):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secretsecret")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    openai_client.check_key()
    changes, sentence = ENVIRONMENTS[what]
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match=sentence) as error:
        openai_client.check_key()
    assert "secretsecret" not in str(error.value)


def test_a_line_end_at_a_keys_end_is_no_matter(server, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secretsecret\r\n")
    server.next = said(PLAIN)
    assert write(monkeypatch, tmp_path) == GOOD
