"""Asking an OpenAI-compatible server: key and address, retries, cost, sentences for failures, what an answer holds."""

import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from musicologist.core import documents, progress
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
    """Raise UserError where no client can be made: no key, one that no header can hold, an address, proxy or certificates."""
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise UserError(
            f"{KEY} is not set, and this run asks OpenAI: export {KEY}=… (=none for a server of your own at OPENAI_BASE_URL "
            "that needs no key), or set prompts.writer to template and annotation.annotator to lexicon."
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UserError(
            f"{KEY} holds a character that no key has (a curly quote, a dash, a blank, a line end): copy the key again."
        )
    try:
        address = urlsplit(_address())
        well = address.scheme in ("http", "https") and bool(address.hostname) and address.port != 0
    except ValueError:
        well = False
    if not well:
        raise UserError(
            "OPENAI_BASE_URL is no address: expected one like https://api.openai.com/v1 or http://127.0.0.1:8000/v1, with "
            "http:// or https:// in front and a number as port."
        )
    _client()


def _address() -> str:
    return (os.environ.get("OPENAI_BASE_URL") or "https://api.openai.com/v1").strip()


def _client() -> Any:
    """A client of the server; UserError for what the environment says of proxies and certificates and cannot be done."""
    import openai

    try:
        key = os.environ.get(KEY, "").strip()
        return openai.OpenAI(api_key=key, base_url=_address(), timeout=TIMEOUT_S, max_retries=RETRIES)
    except Exception as error:  # httpx reads proxies and certificates when it is made, and raises as it likes
        said = " ".join(str(error).split())[:200]
        raise UserError(
            f"No client for {host()} can be made ({type(error).__name__}: {redacted(said)}): look at HTTP_PROXY, HTTPS_PROXY, "
            "ALL_PROXY (of socks5 the package socksio is needed), SSL_CERT_FILE and SSL_CERT_DIR in the environment."
        ) from None


def redacted(text: str) -> str:
    """``text`` without the key, should a server have echoed it. A short word is no secret, and may stand in a prompt."""
    key = os.environ.get(KEY, "").strip()
    return text.replace(key, "[key]") if len(key) >= 12 else text


def asker(model: str, temperature: float | None, structured: bool = True) -> Callable[[Request], str]:
    """A function that asks ``model`` and gives the raw body of the response, for use by several threads.

    Without a ``temperature`` none is sent; what is not ``structured`` asks for JSON in words. A request that the server's
    filter refuses has the body that says so as its answer: it concerns that request alone. It raises UserError, with what the
    server said, when retries do not help.
    """
    import openai

    check_key()
    client = _client()

    def ask(request: Request) -> str:
        try:
            response = client.chat.completions.with_raw_response.create(
                **_parameters(model, temperature, structured, request)
            )
        except openai.BadRequestError as error:
            if "content_filter" not in f"{error.code} {error.response.text}":
                raise UserError(redacted(_sentence(error, model))) from None
            response = error.response
        except (openai.OpenAIError, ValueError) as error:
            raise UserError(redacted(_sentence(error, model))) from None
        return redacted(response.text)

    return ask


def _parameters(model: str, temperature: float | None, structured: bool, request: Request) -> dict[str, Any]:
    form = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": dict(request.schema)}}
    asked = "" if structured else f"\nAnswer with JSON alone, after this schema: {json.dumps(request.schema)}"
    return {
        "model": model,
        "messages": [{"role": "system", "content": request.system + asked}, {"role": "user", "content": request.user}],
        **({} if temperature is None else {"temperature": temperature}),
        **({"response_format": form} if structured else {}),
    }


def _sentence(error: Any, model: str) -> str:
    import openai

    place = host()
    body = getattr(getattr(error, "response", None), "text", "")
    said = " ".join(f"{error} {body if body[:60] not in str(error) else ''}".split())[:300]
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
        return f"{place} refuses the request ({said}): {_advice(said)}; {kept}."
    return f"{place} fails in spite of {RETRIES} retries ({said}): run again later; {kept}."


def _advice(said: str) -> str:
    """What to change where a server refuses a request with these words."""
    if "temperature" in said:
        return "set openai.temperature to what it takes, or to null, which sends none"
    if any(word in said for word in ("response_format", "json_schema", "structured", "schema")):
        return "set openai.structured_output to false, or name another openai.model"
    return "check openai.model and OPENAI_BASE_URL"


def host() -> str:
    """The server's name, without user, password or path."""
    return urlsplit(_address()).netloc.rpartition("@")[2]


def ask_all(items: Sequence[T], ask: Callable[[T], None], concurrency: int, what: str) -> None:
    """Call ``ask`` for each item, at most ``concurrency`` at once.

    When one fails or the process is told to stop, no new call begins, and those under way are waited for: they are paid.
    """
    with ThreadPoolExecutor(concurrency) as pool:
        futures = [pool.submit(ask, item) for item in items]
        try:
            for future in progress.shown(as_completed(futures), len(futures), what):
                future.result()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def content(body: str) -> Any:
    """What the model answered, parsed, out of a response's raw body; None where it is malformed, refused or cut short.

    JSON may stand in fences and behind what the model thought aloud. Text that cannot be written is mended here.
    """
    try:
        choice = documents.from_json(body)["choices"][0]
        text = choice["message"]["content"]
        return _json_in(text) if choice.get("finish_reason") in (None, "stop") else None
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def _json_in(text: str) -> Any:
    bare = re.sub(r"^.*</think>", "", text, flags=re.DOTALL).strip()
    if fenced := re.search(r"```(?:json)?\s*(.*?)```", bare, re.DOTALL):
        bare = fenced[1]
    try:
        return documents.from_answer(bare)
    except ValueError:
        return documents.from_answer(bare[bare.index("{") : bare.rindex("}") + 1])


def shown(body: str) -> str:
    """The first 200 characters of what the model said, or of the body where that holds no answer, for a sentence."""
    try:
        message = documents.from_json(body)["choices"][0]["message"]
        said = message.get("refusal") or message.get("content") or body
    except (ValueError, TypeError, LookupError, AttributeError):
        said = body
    return documents.writable(" ".join(str(said).split()))[:200]


def answering_model(body: str) -> str | None:
    """The model (with its version, where the server tells it) that made a response; None where the body is malformed."""
    try:
        return str(documents.from_json(body)["model"])
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
            usage = documents.from_json(body)["usage"]
            asked, answered = asked + int(usage["prompt_tokens"]), answered + int(usage["completion_tokens"])
        except (ValueError, TypeError, LookupError, ArithmeticError):
            continue
    return f"{len(bodies)} answers, {asked:,} tokens asked and {answered:,} answered"


def plain(text: str) -> str:
    """Letters and digits in lower case, all else as single blanks: what is left when case and punctuation do not count."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()
