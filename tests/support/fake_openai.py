"""A server on the loopback that speaks the OpenAI API's chat completions, and fails in the ways that it is told to."""

import json
import random
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from musicologist.prompts.lexicon_annotator import annotate_by_lexicon

NOUNS = (
    "trumpet",
    "flute",
    "cello",
    "marimba",
    "organ",
    "choir",
    "piano",
    "guitar",
    "bassoon",
    "synth lead",
    "double bass",
)
MOODS = (
    "bright",
    "warm",
    "distorted",
    "reverberant",
    "swelling",
    "percussive",
    "acoustic",
    "electronic",
    "dark",
    "synthetic",
)


class FakeOpenAI:
    """The server. ``plan`` says what befalls the next requests; afterwards all is well. ``requests`` is what came.

    The right annotation of a prompt is the lexicon's. Prompts are written at random; each answer has one prompt twice and
    one that the answer before had.
    """

    def __init__(self) -> None:
        self.plan: list[str] = []
        self.requests: list[dict] = []
        self.answered: list[str] = []
        self._lock = threading.Lock()
        self._dice = random.Random(0)
        self._last = "A lonely trumpet."
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.handle(self, body)

            def log_message(self, *arguments) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        return {"OPENAI_BASE_URL": f"http://127.0.0.1:{self._server.server_address[1]}/v1", "NO_PROXY": "127.0.0.1"}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def handle(self, http: BaseHTTPRequestHandler, body: dict) -> None:
        user = body["messages"][1]["content"]
        writing = "prompts" in body["response_format"]["json_schema"]["schema"]["properties"]
        with self._lock:
            fault = "" if writing or not self.plan else self.plan.pop(0)
            texts = [user] if writing else [item["prompt"] for item in json.loads(user)]
            self.requests.append({"at": time.monotonic(), "fault": fault, "texts": texts, "writing": writing})
            content = {"prompts": self._prompts(user)} if writing else {"annotations": self._annotations(texts, fault)}
        if fault == "hang":
            time.sleep(120)
        elif fault == "429":
            self._send(http, 429, '{"error": {"message": "slow down"}}', {"Retry-After": "1"})
        elif fault == "500":
            self._send(http, 500, '{"error": {"message": "ouch"}}')
        elif fault == "429 for an hour":
            self._send(http, 429, "{}", {"Retry-After": "3600"})
        elif fault == "quota":
            self._send(http, 429, '{"error": {"message": "pay", "code": "insufficient_quota"}}')
        elif fault in ("400", "401", "403", "404"):
            said = f"Not with the key {http.headers['Authorization']}"
            self._send(http, int(fault), json.dumps({"error": {"message": said}}))
        elif fault == "drop":
            http.connection.shutdown(socket.SHUT_RDWR)
        elif fault == "malformed body":
            self._send(http, 200, '{"choices": [{"mess')
        else:
            words = "{" if fault == "malformed content" else json.dumps(content)
            reply = {
                "id": http.headers["Authorization"],  # a server that echoes the key
                "object": "chat.completion",
                "model": f"{body['model']}-2025-04-14",
                "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": words}}],
                "usage": {"prompt_tokens": len(user) // 4, "completion_tokens": len(words) // 4, "total_tokens": 1},
            }
            self._send(http, 200, json.dumps(reply))

    def _send(
        self, http: BaseHTTPRequestHandler, status: int, text: str, headers: dict[str, str] | None = None
    ) -> None:
        data = text.encode()
        http.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **(headers or {}),
        }.items():
            http.send_header(name, value)
        http.end_headers()
        http.wfile.write(data)

    def _prompts(self, user: str) -> list[str]:
        count = int(user.split()[1])
        found = [
            f"A {self._dice.choice(MOODS)} {self._dice.choice(NOUNS)} plays number {self._dice.randrange(10**6)}."
            for _ in range(count - 2)
        ]
        found += [found[0].upper(), self._last]
        self._last = found[1]
        return found

    def _annotations(self, texts: list[str], fault: str) -> list[dict]:
        right = [{"aspects": list(a.aspects), "bpm": a.bpm} for a in annotate_by_lexicon(texts)]
        items = [{"number": n, "prompt": text, **r} for n, (text, r) in enumerate(zip(texts, right, strict=True), 1)]
        items.reverse()
        if fault == "unknown aspect":
            items[0]["aspects"] = [*items[0]["aspects"], "wobbly"]
        elif fault == "missing item":
            items.pop(0)
        elif fault == "doubled item":
            items.append({**items[0], "aspects": ["bass"]})
        elif fault == "swapped items":
            items[0]["number"], items[1]["number"] = items[1]["number"], items[0]["number"]
        if not fault or fault.endswith(("aspect", "item", "items")):
            spoilt = {
                "unknown aspect": items[0]["prompt"],
                "missing item": texts[-1],
                "doubled item": items[0]["prompt"],
            }
            bad = {spoilt.get(fault)} | (
                {items[0]["prompt"], items[1]["prompt"]} if fault == "swapped items" else set()
            )
            self.answered += [text for text in texts if text not in bad]
        return items
