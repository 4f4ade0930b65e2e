"""Asking an OpenAI-compatible server: the key from the environment, retries, cost, sentences for failures, a log of answers."""

import errno
import fcntl
import json
import math
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from musicologist.core import programs
from musicologist.core.errors import UserError

T = TypeVar("T")

KEY = "OPENAI_API_KEY"
TIMEOUT_S = 120.0
RETRIES = 8
"""How often the client asks again after 408, 409, 429, 5xx, a time-out or a lost connection: after the time that Retry-After
names (up to two minutes), else after 0.5 s, doubled up to 8 s."""

USD_PER_MILLION = {
    "gpt-4.1": (2.00, 8.00),
    "gpt-4.1-mini": (0.40, 1.60),
    "gpt-4.1-nano": (0.10, 0.40),
    "gpt-4o": (2.50, 10.00),
    "gpt-4o-mini": (0.15, 0.60),
}
"""OpenAI's list prices of a million tokens, asked and answered (2025)."""

CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Request:
    """What is asked of the server: a system message, a user message, and the JSON schema of the answer."""

    system: str
    user: str
    schema: Mapping[str, Any]


def check_key() -> None:
    """Raise UserError where no key is in the environment."""
    if not os.environ.get(KEY, "").strip():
        raise UserError(
            f"{KEY} is not set, and this run asks OpenAI: export {KEY}=… (=none for a server of your own at OPENAI_BASE_URL "
            "that needs no key), or set prompts.writer to template and annotation.annotator to lexicon."
        )


def redacted(text: str) -> str:
    """``text`` without the key, should a server have echoed it. A short word is no secret, and may stand in a prompt."""
    key = os.environ.get(KEY, "").strip()
    return text.replace(key, "[key]") if len(key) >= 12 else text


def asker(model: str, temperature: float) -> Callable[[Request], str]:
    """A function that asks ``model`` and gives the raw body of the response, for use by several threads.

    It raises UserError, with what the server said, when retries do not help.
    """
    import openai

    check_key()
    client = openai.OpenAI(timeout=TIMEOUT_S, max_retries=RETRIES)

    def ask(request: Request) -> str:
        try:
            response = client.chat.completions.with_raw_response.create(
                model=model,
                temperature=temperature,
                messages=[{"role": "system", "content": request.system}, {"role": "user", "content": request.user}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "answer", "strict": True, "schema": dict(request.schema)},
                },
            )
        except openai.OpenAIError as error:
            raise UserError(redacted(_sentence(error, model))) from None
        return redacted(response.text)

    return ask


def _sentence(error: Any, model: str) -> str:
    import openai

    place = host()
    said = " ".join(str(error).split())[:300]
    kept = "what was answered so far is kept, and the next run asks only for the rest"
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return f"{place} refuses the key in {KEY} ({said}): set a valid one and run again; {kept}."
    if isinstance(error, openai.NotFoundError):
        return f"{place} does not know the model {model!r} ({said}): change openai.model or OPENAI_BASE_URL."
    if isinstance(error, openai.RateLimitError) and error.code == "insufficient_quota":
        return f"The account at {place} has no credit left: add some and run again; {kept}."
    if isinstance(error, openai.RateLimitError):
        wait = error.response.headers.get("retry-after")
        asked = f" and asks to wait {wait} s" if wait else ""
        return f"{place} limits the rate{asked} ({said}): lower openai.concurrency or run again later; {kept}."
    if isinstance(error, openai.APIConnectionError):
        return f"{place} could not be reached ({said}): check the network and OPENAI_BASE_URL, and run again; {kept}."
    if isinstance(error, openai.APIStatusError) and error.status_code < 500:
        return f"{place} refuses the request ({said}): check openai.model; it must offer structured output; {kept}."
    return f"{place} fails in spite of {RETRIES} retries ({said}): run again later; {kept}."


def host() -> str:
    """The server's name, without user, password or path."""
    return urlsplit(os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1").netloc.rpartition("@")[2]


def ask_all(items: Sequence[T], ask: Callable[[T], None], concurrency: int, what: str) -> None:
    """Call ``ask`` for each item, at most ``concurrency`` at once.

    When one fails or the process is told to stop, no new call begins, and those under way are waited for: they are paid.
    """
    with ThreadPoolExecutor(concurrency) as pool:
        futures = [pool.submit(ask, item) for item in items]
        try:
            for future in programs.progress(as_completed(futures), len(futures), what):
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def content(body: str) -> Any:
    """What the model answered, parsed, out of a response's raw body; None where it is malformed, refused or cut short."""
    try:
        choice = json.loads(body)["choices"][0]
        return json.loads(choice["message"]["content"]) if choice.get("finish_reason") in (None, "stop") else None
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def answering_model(body: str) -> str | None:
    """The model (with its version, where the server tells it) that made a response; None where the body is malformed."""
    try:
        return str(json.loads(body)["model"])
    except (ValueError, TypeError, LookupError):
        return None


def estimate(model: str, requests: Sequence[Request], answer_characters: int) -> str:
    """In words: how many calls, about how many tokens and how much money; ``answer_characters`` over all answers."""
    asked = sum(len(r.system) + len(r.user) + len(json.dumps(r.schema)) for r in requests) / CHARACTERS_PER_TOKEN
    answered = answer_characters / CHARACTERS_PER_TOKEN
    words = f"{len(requests)} calls of {model} at {host()}, about {_round(asked)} tokens asked and {_round(answered)} answered"
    price = USD_PER_MILLION.get(model)
    if price is None:
        return f"{words}; no price is known for this model."
    return f"{words}, about {(asked * price[0] + answered * price[1]) / 1e6:.2g} USD at OpenAI's list price."


def _round(number: float) -> str:
    """Two significant digits, thousands set off."""
    digits = max(0, math.floor(math.log10(number)) - 1) if number >= 1 else 0
    return f"{round(number, -digits):,.0f}"


def used(bodies: Sequence[str]) -> str:
    """In words: the tokens that these responses say were used."""
    asked = answered = 0
    for body in bodies:
        try:
            usage = json.loads(body)["usage"]
            asked, answered = asked + int(usage["prompt_tokens"]), answered + int(usage["completion_tokens"])
        except (ValueError, TypeError, LookupError):
            continue
    return f"{len(bodies)} answers, {asked:,} tokens asked and {answered:,} answered"


def plain(text: str) -> str:
    """Letters and digits in lower case, all else as single blanks: what is left when case and punctuation do not count."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


class AnswerLog:
    """An open file of answers: those that it holds, and a way to add one (from any thread)."""

    def __init__(self, records: list[dict[str, Any]], handle: int) -> None:
        """``records`` in the file's order; ``handle`` is open for appending."""
        self.records = records
        self._handle = handle
        self._lock = threading.Lock()

    def append(self, record: Mapping[str, Any]) -> None:
        """Add a record; it is on the disk when this returns."""
        line = json.dumps(record, ensure_ascii=False) + "\n"
        rest = memoryview(line.encode())
        with self._lock:
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            os.fsync(self._handle)
            self.records.append(json.loads(line))


@contextmanager
def opened(path: str | Path) -> Iterator[AnswerLog]:
    """Open the answers at ``path`` (JSON Lines) for reading and appending.

    What a killed job left half-written at the end is cut off. While another process has the file open, an orphan of a killed
    run for instance, this waits: what that process still receives is then there and is not asked again.

    Raises UserError where the file is none of ours.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        _lock(handle, path)
        records, good = _read(path)
        os.ftruncate(handle, good)
        yield AnswerLog(records, handle)
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"Waiting for the other process that is writing {path} ...", file=sys.stderr, flush=True)
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP):  # a file system without locks
            raise


def _read(path: Path) -> tuple[list[dict[str, Any]], int]:
    """All whole records, and where the last one ends in the file."""
    *lines, torn = path.read_bytes().split(b"\n")
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except ValueError:
            raise UserError(
                f"{path}, line {number}: no answer, found {line[:60]!r}: set the file right from a copy, or delete that line."
            ) from None
    return records, path.stat().st_size - len(torn)
