"""Who may import whom: the table of docs/ARCHITECTURE.md, held against the import statements of the library."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).parents[2] / "scripts/musicologist"

GROUND = ("core", "vocabulary", "statistics")
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(GROUND, ()),
    "models": ("core",),
    "generators": ("core", "models"),
    "embedders": ("core", "models"),
    "prompts": ("core", "vocabulary", "statistics"),
    "audio": ("core", "models", "generators", "prompts"),
    "notes": ("core", "vocabulary"),
    "embeddings": ("core",),
    "concepts": ("core", "vocabulary", "statistics"),
    "probes": ("core", "embeddings", "statistics"),
    "emergence": ("core", "statistics", "concepts", "embeddings", "probes", "audio"),
    "figures": ("core", "statistics"),
    "listening": ("core", "vocabulary", "statistics", "audio", "prompts", "concepts"),
    "inputs": ("core", "vocabulary", "prompts", "audio", "embeddings"),
    "training": ("core", "vocabulary", "models", "generators", "embedders", "notes"),
}
MAY_IMPORT["workflow"] = tuple(sorted(set(MAY_IMPORT) - {"figures", "training", "listening"}))
ROOMS_OF = {("emergence", "audio"): ("acoustics",)}
"""Where a wing may import only some rooms of another."""


def imports(file: Path) -> set[tuple[str, str]]:
    """(wing, room) of every library module that ``file`` imports, at any depth and for type checking too."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("musicologist"):
            for alias in node.names:
                parts = f"{node.module}.{alias.name}".split(".")
                found.add((parts[1], parts[2]))
        elif isinstance(node, ast.Import):
            found |= {
                tuple(alias.name.split(".")[1:3]) for alias in node.names if alias.name.startswith("musicologist.")
            }
    return found


WINGS = sorted(folder.name for folder in LIBRARY.iterdir() if (folder / "__init__.py").is_file())


def test_every_module_is_in_a_wing_of_the_table():
    assert sorted(MAY_IMPORT) == WINGS
    assert sorted(file.name for file in LIBRARY.glob("*.py")) == ["__init__.py", "public.py"]


def test_nothing_imports_the_public_face():
    """It imports from several wings: who imported it would be stale by all of them."""
    for file in LIBRARY.parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import | ast.ImportFrom) else set()
            assert "musicologist" not in names, file
            assert getattr(node, "module", None) not in ("musicologist", "musicologist.public"), file


@pytest.mark.parametrize("wing", WINGS)
def test_a_wing_imports_only_those_it_may(wing):
    against = []
    for file in sorted((LIBRARY / wing).glob("*.py")):
        for other, room in imports(file):
            allowed = other == wing or (other in MAY_IMPORT[wing] and room in ROOMS_OF.get((wing, other), (room,)))
            if not allowed:
                against.append(f"{wing}/{file.name} imports {other}.{room}")
    assert not against


@pytest.mark.parametrize("wing", WINGS)
def test_a_wings_face_holds_a_docstring_and_nothing_else(wing):
    """Staleness follows imports: a face that imports its rooms would make GPU jobs stale when a plot changes."""
    tree = ast.parse((LIBRARY / wing / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*/tables.py")), ids=lambda file: file.parent.name)
def test_tables_hold_schemas_and_import_the_mechanics_only(file):
    assert {room for room in imports(file) if room[0] != file.parent.name} <= {("core", "parquet")}


def test_no_cycle_between_wings():
    order: list[str] = []
    left = dict(MAY_IMPORT)
    while left:
        free = [wing for wing, others in left.items() if not set(others) & set(left)]
        assert free, f"a cycle among {sorted(left)}"
        order += free
        left = {wing: others for wing, others in left.items() if wing not in free}


def test_no_module_is_too_long_and_there_are_not_too_many():
    modules = [file for file in LIBRARY.rglob("*.py") if file.name != "__init__.py"]
    assert not {file.name: lines for file in modules if (lines := len(file.read_text("utf-8").splitlines())) > 300}
