"""What made a product: digests of programs and of models, for the parameters of a rule."""

import ast
import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from musicologist.core.checkout import sha256
from musicologist.core.files import write_text
from musicologist.workflow import syntax, wordings

_LARGE = 64 << 20  # bytes
_TYPES = ("annotation", "returns")  # fields of syntax that hold types
_ASPECTS = "musicologist/vocabulary/aspects"  # a module, and the table beside it that it reads by columns


class Digest(NamedTuple):
    """A digest and what it is ``of``: as a rule's parameter it is recorded, and shown when it changes, with that name."""

    of: str
    value: str

    def __repr__(self) -> str:
        """As the reason of a dry-run shows it: ``code generate_audio: 1c16…``."""
        return f"{self.of}: {self.value}"


def code_digest(
    script: str | Path, root: str | Path | None = None, cache: str | Path | None = None, state: str = ""
) -> str:
    """Digest of a script and of every module that it imports, directly or not.

    Modules are found from the import statements and looked up below ``root``, a library that is read whole, once for all its
    scripts. Without it they are looked up beside the script and only what it imports is read: for a user's own file, beside
    which anything may lie. What is installed elsewhere does not count, and what is loaded by name (``importlib``) has its own.
    What can change no product does not change the digest: comments, docstrings, line breaks, the words of errors (see
    ``wordings``), annotations of types and what is imported for them, but in the body of a class, where they make fields.
    ``cache`` is a file that remembers digests as long as ``state``, what ``state_of`` says of the library, is the same.
    Returns 16 hexadecimal digits. Raises FileNotFoundError for a missing script, SyntaxError where one does not parse.
    """
    script = Path(script).absolute()
    if root is None:
        return _code_digest(script, script.parent, _Library(script.parent, _reached(script)))
    root = Path(root).absolute()
    state = state or state_of(root)
    if cache is None:
        return _code_digest(script, root, _library(root, state))
    known = _read_cache(cache)
    if known.get("state") != state:
        known = {"state": state}
    if str(script) not in known:
        known[str(script)] = _code_digest(script, root, _library(root, state))
        write_text(cache, json.dumps(known, indent=1) + "\n")
    return known[str(script)]


def state_of(root: str | Path) -> str:
    """A digest of what files a library has, of their sizes and times of change."""
    root = Path(root).absolute()
    files = [*root.rglob("*.py"), root / f"{_ASPECTS}.toml"]
    found = ((file, file.stat()) for file in sorted(set(files)) if file.exists())
    lines = [f"{file} {status.st_size} {status.st_mtime_ns}" for file, status in found]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _read_cache(cache: str | Path) -> dict[str, str]:
    """What a file of remembered digests holds; nothing where there is none, or a damaged one."""
    try:
        known = json.loads(Path(cache).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _code_digest(script: Path, root: Path, library: "_Library") -> str:
    seen = _walk(script, library)
    lines = [f"{file.relative_to(root).as_posix()} {digest}" for file, digest in sorted(seen.items())]
    if root / f"{_ASPECTS}.py" in seen:
        lines += _of_table(library.aspects, {name for file in seen for name in library.columns(file)})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def covered(script: str | Path) -> list[Path]:
    """The script and the modules beside it that its digest covers, sorted."""
    root = Path(script).absolute().parent
    return sorted(_walk(Path(script).absolute(), _library(root, state_of(root))))


def family_digest(module: str, cache: str | Path | None = None, state: str = "") -> Digest:
    """Digest of a module that jobs load by name (``musicologist.WING.NAME``, or a file NAME.py), named WING/NAME or NAME.py."""
    if module.endswith(".py"):
        return Digest(f"code {Path(module).name}", code_digest(module))
    scripts = Path(__file__).parents[2]
    of = module.split(".", 1)[1].replace(".", "/")
    return Digest(
        f"code {of}", code_digest(scripts.joinpath(*module.split(".")).with_suffix(".py"), scripts, cache, state)
    )


def _walk(script: Path, library: "_Library") -> dict[Path, str]:
    """The digest of the script's syntax and of each module that it imports, directly or not."""
    seen: dict[Path, str] = {}
    todo = [script]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen[file], imports = library.digest(file)
            todo.extend(imports)
    return seen


def _reached(script: Path) -> list[Path]:
    """The script and what it imports from its own folder, directly or not. What does not parse imports nothing."""
    seen: set[Path] = set()
    todo = [script]
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            try:
                names = syntax.imported(ast.parse(file.read_text(encoding="utf-8"), filename=str(file)))
            except SyntaxError:
                continue
            todo += [path for name in names for path in _locate(name, script.parent)]
    return sorted(seen)


@lru_cache(maxsize=4)
def _library(root: Path, state: str) -> "_Library":
    """The library below ``root``, read once for each ``state_of`` it."""
    return _Library(root, sorted(root.rglob("*.py")))


def _of_table(entries: Mapping[str, Mapping[str, Any]], columns: Iterable[str]) -> list[str]:
    """Lines of a digest about the table of aspects: its names, and what stands in each of these columns."""
    read = {name: {aspect: entry[name] for aspect, entry in entries.items() if name in entry} for name in columns}
    return [f"{name} {json.dumps(column)}" for name, column in sorted({"": list(entries), **read}.items())]


class _Library:
    """The files below a folder, stripped of what can change no product."""

    def __init__(self, root: Path, files: Iterable[Path]) -> None:
        self._root = root
        self._trees: dict[Path, ast.Module | SyntaxError] = {}
        self._digests: dict[Path, tuple[str, tuple[Path, ...]]] = {}
        self._columns: dict[Path, set[str]] = {}
        for file in files:
            try:
                self._trees[file] = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
            except SyntaxError as error:
                self._trees[file] = error  # matters only to those who import it
        parsed = {file: tree for file, tree in self._trees.items() if isinstance(tree, ast.Module)}
        self._words = wordings.words({_dotted(file, root): tree for file, tree in parsed.items()})

    def digest(self, file: Path) -> tuple[str, tuple[Path, ...]]:
        """Digest of one file's syntax tree, and the files below the folder that it imports."""
        if file not in self._digests:
            tree = self._parsed(file)
            _prune(tree)
            imports = tuple(path for name in syntax.imported(tree) for path in _locate(name, self._root))
            content = repr(self._shape(tree)).encode()
            self._digests[file] = hashlib.sha256(content).hexdigest(), imports
        return self._digests[file]

    @cached_property
    def aspects(self) -> dict[str, Any]:
        """The table of aspects."""
        return tomllib.loads((self._root / f"{_ASPECTS}.toml").read_text(encoding="utf-8"))

    def _parsed(self, file: Path) -> ast.Module:
        tree = self._trees[file]
        if isinstance(tree, SyntaxError):
            raise tree
        return tree

    def columns(self, file: Path) -> set[str]:
        """The columns of the table of aspects that a file asks for, by ``column("…")``."""
        if file not in self._columns:
            calls = (node for node in syntax.below(self._parsed(file)) if isinstance(node, ast.Call))
            asked = (
                call.args[0] for call in calls if getattr(call.func, "id", getattr(call.func, "attr", "")) == "column"
            )
            self._columns[file] = {str(name.value) for name in asked if isinstance(name, ast.Constant)}
        return self._columns[file]

    def _shape(self, node: object) -> object:
        """The tree as nested tuples, without empty fields: later Pythons add those, and must not make a product stale."""
        if isinstance(node, list):
            return [self._shape(item) for item in node]
        if not isinstance(node, ast.AST):
            return repr(node)
        if node in self._words or wordings.is_saying(node):
            return "words"
        if isinstance(node, ast.JoinedStr):
            return "JoinedStr", *(self._shape(part) for part in node.values if part not in self._words)
        left_out = () if isinstance(node, ast.AnnAssign) else _TYPES
        shape: list[object] = [type(node).__name__]
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != [] and name not in left_out:
                shape.append((name, self._shape(value)))
        return tuple(shape)


def _dotted(file: Path, root: Path) -> str:
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def _locate(name: str, root: Path) -> list[Path]:
    """The files that importing ``name`` runs, parent packages included, as far as they lie below ``root``."""
    parts = name.split(".")
    files = []
    for depth in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:depth])
        files += [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]
    return files


def _prune(node: ast.AST) -> None:
    """Take out docstrings, annotations of types, and what is imported for these or for the words of errors."""
    for name in syntax.BLOCKS:
        if block := getattr(node, name, None):
            kept = [part for statement in block for part in _effective(statement, isinstance(node, ast.ClassDef))]
            setattr(node, name, kept)
            for part in kept:
                _prune(part)


def _effective(statement: ast.AST, in_class: bool) -> list[ast.AST]:
    """What stays of a statement. Annotations in the body of a class stay, for they make fields."""
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return []
        case ast.AnnAssign() if not in_class:
            return [ast.Assign(targets=[statement.target], value=statement.value)] if statement.value else []
        case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
            return [part for other in statement.orelse for part in _effective(other, in_class)]
        case ast.ImportFrom(module="typing" | "collections.abc"):
            return []
        case ast.ImportFrom(module=str() as module):
            if wordings.is_errors(module):
                return []
            statement.names = [alias for alias in statement.names if not wordings.is_errors(f"{module}.{alias.name}")]
            return [statement] if statement.names else []
    return [statement]


def model_digest(model: str | Path, cache: str | Path | None = None) -> str:
    """Digest over a model directory's files, its cards (``*.md``) left out, or over a checkpoint; 16 hexadecimal digits.

    A path that does not exist (a hub id with its revision) is its own digest. ``cache`` is a file that remembers the digests of
    large files by path, size and time of change, for a dry-run should not read gigabytes each time.

    Raises ValueError for an empty path, which would be the whole working directory.
    """
    if not str(model):
        raise ValueError("no model: an empty path is the working directory")
    model = Path(model)
    if not model.exists():
        return str(model)
    files = sorted(file for file in model.rglob("*") if file.is_file() and file.suffix != ".md") or [model]
    lines = [f"{file.relative_to(model).as_posix()} {_remembered(file, cache)}" for file in files]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _remembered(file: Path, cache: str | Path | None) -> str:
    status = file.stat()
    if cache is None or status.st_size < _LARGE:
        return sha256(file)
    key = f"{file.resolve()} {status.st_size} {status.st_mtime_ns}"
    known = _read_cache(cache)
    if key not in known:
        known[key] = sha256(file)
        write_text(cache, json.dumps(known, indent=1) + "\n")
    return known[key]


def model_title(model: str | Path) -> str:
    """What a model calls itself: the first heading of its card (``README.md``), or its path or hub id without one."""
    card = Path(model) / "README.md"
    if card.is_file():
        for line in card.read_text(encoding="utf-8").splitlines():
            if line.startswith("# "):
                return line[2:].strip()
    name, _, revision = str(model).partition("@")
    return f"{name}@{revision[:8]}" if revision else name
