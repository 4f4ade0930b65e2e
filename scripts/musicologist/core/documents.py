"""JSON and YAML that come from outside: whatever stands in them, reading ends with plain values or one sentence."""

import json
import math
import re
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

from musicologist.core.errors import UserError

_MOST = 100_000  # values in a YAML file, what aliases repeat counted again
_DEEPEST = 60
_LARGEST = 5_000_000  # bytes of a YAML file
_LARGEST_NUMBER = 10**60
_LONGEST_NAME = 255  # bytes, of a file in most file systems
_RUNS_CODE = "__use_yte__"
_HALF = re.compile(r"\\u[dD][89abAB]|\\u[dD][c-fC-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def from_json(text: str | bytes) -> Any:
    """The value of a JSON text; ValueError, with words, for whatever is none (nested too deeply, a number too long)."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("brackets are nested too deeply") from None


def load_model_json(path: str | Path, what: str) -> dict[str, Any]:
    """The JSON object in a file that comes with a model's weights; ``what`` says what was expected where there is none.

    Raises UserError where it is missing, or no JSON object.
    """
    try:
        found = from_json(Path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"{path} does not exist: expected {what}.") from None
    except (ValueError, OSError) as error:
        raise UserError(f"{path} is not JSON ({error}): restore the file that came with the weights.") from None
    if not isinstance(found, dict):
        raise UserError(f"{path} is not a JSON object: restore the file that came with the weights.")
    return found


def writable(text: str) -> str:
    """``text`` with each half of a character that lacks its other half (a lone surrogate) replaced: no file can hold one."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def from_answer(text: str) -> Any:
    """As ``from_json``, of a text that cannot be mended by its writer: what cannot be written is replaced."""
    value = from_json(text)
    return _writable(value) if _HALF.search(text) else value


def _writable(value: Any) -> Any:
    if isinstance(value, str):
        return writable(value)
    if isinstance(value, list):
        return [_writable(item) for item in value]
    return {writable(key): _writable(item) for key, item in value.items()} if isinstance(value, dict) else value


def may_lack_half(text: str) -> bool:
    """Whether a JSON text may hold half a character, or a zero byte: a quick look that spares the long one."""
    return "\\u" in text and bool(_HALF.search(text) or "\\u0000" in text)


def require_text(value: Any, place: str) -> None:
    """Raise UserError, naming ``place``, where a value holds a text, however deep, that no file can hold."""
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, str) and (_SURROGATE.search(value) or "\0" in value):
            raise UserError(
                f"{place}: half of a character (a lone surrogate) or a zero byte stands in {ascii(value)[:60]}, which no "
                "file can hold: mend the text there."
            )
        todo += (
            [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
        )


def load_yaml(path: str | Path, what: str) -> Any:
    """The plain values of a YAML file; ``what`` says in sentences what the file should be.

    Raises UserError where it is missing, not UTF-8, no YAML, absurdly large or deep, or gives a key twice.
    """
    import yaml

    if Path(path).exists() and not Path(path).is_file() and not Path(path).is_dir():
        raise UserError(f"{path} is a pipe or a device: expected {what}, a plain file.")
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (FileNotFoundError, IsADirectoryError):
        raise UserError(
            f"{path} does not exist: expected {what}; run in the project's folder, or with --directory."
        ) from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text: expected {what}; save it as UTF-8.") from None
    if len(text) > _LARGEST or _depth(text) > _DEEPEST:
        raise UserError(
            f"{path} is too long or nested too deeply to be {what}: at most {_LARGEST} bytes, {_DEEPEST} deep."
        )
    try:
        value = yaml.load(text, _strict_loader())
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, TypeError) as error:
        raise UserError(
            f"{path} is not YAML ({' '.join(str(error).split())[:200]}): expected {what}; mend it there."
        ) from None
    require_plain(value, str(path))
    if isinstance(value, Mapping) and _RUNS_CODE in value:
        raise UserError(
            f"{path} has the key {_RUNS_CODE}, with which Snakemake runs code in a configuration (yte), before this "
            "workflow can look at it: take the key out, and trust nobody who gave you such a file."
        )
    return value


def _depth(text: str) -> int:
    """How deep brackets and indented lists go at most; PyYAML takes time with the square of it."""
    deepest = depth = 0
    for match in re.finditer(r"[\[{\]}]|(?:- ){50}", text):
        depth += 1 if match[0] in "[{" else -1 if match[0] in "]}" else _DEEPEST
        deepest = max(deepest, depth)
    return deepest


def _strict_loader() -> Any:
    """PyYAML's safe loader, but for merges without an end, and for a key that stands twice: it would take the last.

    Where PyYAML was built with libyaml it reads by that, in a tenth of the time.
    """
    import yaml

    class Strict(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            super().flatten_mapping(node)
            if len(node.value) > _MOST:  # merged again and again, each time with all that was merged before
                raise yaml.YAMLError(f"more than {_MOST} keys are merged into one another")

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            seen: dict[Any, int] = {}
            for key, _ in node.value:
                if key.tag == "tag:yaml.org,2002:merge":
                    continue
                name, line = getattr(key, "value", None), key.start_mark.line + 1
                if isinstance(name, str) and name in seen:
                    raise yaml.YAMLError(f"the key {name} stands twice, in line {seen[name]} and in line {line}")
                if isinstance(name, str):
                    seen[name] = line
            return super().construct_mapping(node, deep)

    return Strict


def require_plain(value: Any, source: str) -> None:
    """Raise UserError, naming ``source``, for what no configuration may hold.

    Keys that are no texts, numbers that are not finite, texts that cannot be written, and more values than anyone writes.
    """
    for count, (place, item) in enumerate(_walk(value, "", 0)):
        if count > _MOST or place.count(".") > _DEEPEST:
            raise UserError(
                f"{source} holds more than {_MOST} values, or is nested too deeply: take repeated aliases out."
            )
        if isinstance(item, Mapping):
            for key in item:
                if not isinstance(key, str):
                    raise UserError(
                        f"{source}: the key {key!r}{f' in {place}' if place else ''} is no text (YAML reads "
                        "yes, no, on, off and numbers as such): put it in quotes, or mend it."
                    )
                require_text(key, source)
        elif isinstance(item, float) and not math.isfinite(item):
            raise UserError(f"{source}: {place} is {item}: expected a finite number.")
        elif isinstance(item, int) and abs(item) > _LARGEST_NUMBER:  # Python refuses to print what is longer still
            raise UserError(
                f"{source}: {place} is a number of {item.bit_length()} bits: expected one that is written out."
            )
        elif isinstance(item, str):
            require_text(item, f"{source}: {place}")
            if max(map(len, item.encode().split(b"/"))) > _LONGEST_NAME:
                raise UserError(f"{source}: {place} is {item[:60]!r} …, too long for the name of a file: shorten it.")


def _walk(value: Any, place: str, depth: int) -> Iterator[tuple[str, Any]]:
    yield place, value
    if depth > _DEEPEST:
        yield place + "." * _DEEPEST, None
        return
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in pairs:
        yield from _walk(item, f"{place}.{key}" if place else str(key), depth + 1)
