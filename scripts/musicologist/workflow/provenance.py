"""What made a product: digests of programs and of models, for the parameters of a rule."""

import ast
import hashlib
import json
from functools import lru_cache
from pathlib import Path

from musicologist.core.files import sha256, write_text

_LARGE = 64 << 20  # bytes


def code_digest(script: str | Path, root: str | Path | None = None) -> str:
    """Digest of a script and of every module that it imports, directly or not.

    Modules are found from the import statements and looked up below ``root``, the script's own directory where none is given;
    what is installed elsewhere does not count. A module that is loaded by name (``importlib``) has a digest of its own.
    Comments, docstrings, blank lines and line breaks do not change the digest.

    Returns 16 hexadecimal digits. Raises FileNotFoundError for a missing script, SyntaxError where one does not parse.
    """
    root = Path(script).parent if root is None else Path(root)
    lines = [
        f"{file.relative_to(root).as_posix()} {digest}" for file, digest in sorted(_walk(Path(script), root).items())
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def covered(script: str | Path) -> list[Path]:
    """The script and the modules beside it that its digest covers, sorted."""
    return sorted(_walk(Path(script), Path(script).parent))


def _walk(script: Path, root: Path) -> dict[Path, str]:
    """The digest of the script's syntax and of each module that it imports, directly or not."""
    seen: dict[Path, str] = {}
    todo = [script]
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen[file], imports = _read(file, root)
        todo.extend(imports)
    return seen


@lru_cache
def _read(file: Path, root: Path) -> tuple[str, tuple[Path, ...]]:
    """Digest of one file's syntax tree, and the files below ``root`` that it imports."""
    tree = ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    imports = tuple(path for name in _imported(tree) for path in _locate(name, root))
    return hashlib.sha256(repr(_shape(_without_docstrings(tree))).encode()).hexdigest(), imports


def _imported(tree: ast.Module) -> list[str]:
    """Dotted names that may be modules: ``from a import b`` gives both ``a`` and ``a.b``."""
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def _locate(name: str, root: Path) -> list[Path]:
    """The files that importing ``name`` runs, parent packages included, as far as they lie below ``root``."""
    parts = name.split(".")
    files = []
    for depth in range(1, len(parts) + 1):
        path = root.joinpath(*parts[:depth])
        files += [file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]
    return files


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [statement for statement in node.body if not _is_bare_string(statement)]
    return tree


def _is_bare_string(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _shape(node: object) -> object:
    """The tree as nested tuples, without empty fields: later Pythons add those, and must not make a product stale."""
    if isinstance(node, ast.AST):
        fields = ((name, _shape(value)) for name, value in ast.iter_fields(node) if value is not None and value != [])
        return type(node).__name__, *fields
    if isinstance(node, list):
        return [_shape(item) for item in node]
    return repr(node)


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
    try:
        known = json.loads(Path(cache).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
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
