"""On the library itself: what counts as words of errors, and that nothing else does."""

import ast
from pathlib import Path

import pytest
from musicologist.workflow import provenance, wordings

pytestmark = pytest.mark.slow

SCRIPTS = Path(__file__).parents[3] / "scripts"


def parsed(files):
    return {provenance._dotted(file, SCRIPTS): ast.parse(file.read_text(encoding="utf-8")) for file in files}


def words_of(source: str, **others: str) -> set[str]:
    trees = {"module": ast.parse(source)} | {name: ast.parse(text) for name, text in others.items()}
    return {node.value for node in wordings.words(trees)}


@pytest.mark.parametrize(
    "source",
    [
        'def f(x):\n    remedy = "W"\n    raise UserError(f"{x} {remedy}")',
        'def f(x):\n    path, remedy = open(x), "W"\n    raise UserError(f"{path} {remedy}")',
        'def f(x, remedy="W"):\n    raise UserError(remedy)',
        'def f(place):\n    raise UserError(place)\nf("W")\nf(place="W")',
        'def f(place):\n    g(f"{place}W")\ndef g(place):\n    raise UserError(place)',
        'def f(x):\n    return "W" if x else f"W{x}"\ndef g():\n    raise UserError(f(1))',
        'def broken(what):\n    return UserError(what)\ndef g():\n    raise broken("W")',
        'LIKE = "W"\ndef g():\n    raise UserError(LIKE)',
        'def f():\n    raise ValueError("W")',
        'import sys\ndef f():\n    print("W", file=sys.stderr)',
        'class A:\n    def f(self, place):\n        raise UserError(place)\n    def g(self):\n        self.f("W")',
    ],
)
def test_words_of_errors_by_whatever_way_they_go(source):
    assert words_of(source) == {"W"}


@pytest.mark.parametrize(
    "source",
    [
        'def f(x):\n    name = "P"\n    if x:\n        raise UserError(name)\n    return name',
        'def f(place):\n    if place == "Q":\n        raise UserError(place)\nf("P")',
        'def f(x):\n    return "P"\nprint(f(1))\ndef g():\n    raise UserError(f(1))',
        'def f(x):\n    return "P"',
        'NAME = "P"',
        'NAME = "P"\ndef f():\n    global NAME\n    NAME = "P"\n    raise UserError(NAME)\nopen(NAME)',
        'def f(x):\n    found = x["P"]\n    raise UserError(found)',
        'def f(x):\n    found = open("P")\n    raise UserError(found)',
        'def f(place):\n    def g():\n        open(place)\n    raise UserError(place)\nf("P")',
        'f = lambda place: open(place)\nf("P")',
        'def f(*place):\n    raise UserError(place)\ndef g(f):\n    f("P")',
    ],
)
def test_what_may_reach_a_product_is_none(source):
    assert "P" not in words_of(source)


def test_uses_in_other_modules_count_through_those_that_hand_a_name_on():
    source = 'NAME = "P"\ndef f():\n    raise UserError(NAME)'
    assert words_of(source) == {"P"}
    assert not words_of(source, face="from module import NAME", user="from face import NAME\nopen(NAME)")


def test_every_other_string_of_the_library_is_in_the_digest_and_no_word_is():
    trees = parsed(sorted(SCRIPTS.rglob("*.py")))
    words = wordings.words(trees)
    library = provenance._Library(SCRIPTS, [])
    library._words = words
    for name, tree in trees.items():
        provenance._prune(tree)
        expected, number = {}, 0
        for node, said in _strings(tree, False):
            node.value, number = f"<{number}>", number + 1
            expected[node.value] = not said and node not in words
        content = repr(library._shape(tree))
        assert all((f"'{value}'" in content) == kept for value, kept in expected.items()), name


def _strings(node, said):
    """String constants that are evaluated, each with whether it stands in what words an error."""
    said = said or wordings.is_saying(node)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node, said
    typed = not isinstance(node, ast.AnnAssign)
    for name, value in ast.iter_fields(node):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST) and not (typed and name in ("annotation", "returns")):
                yield from _strings(part, said)


def test_names_of_products_columns_options_and_prompts_are_never_words():
    trees = parsed(sorted(SCRIPTS.rglob("*.py")))
    found = wordings.words(trees)
    words = {node.value for node in found}
    assert len(words) > 100
    relevant = {
        "prompt_id",
        "sample",
        "sigma",
        "log_snr_db",
        "embedding",
        "step",
        "signal",
        "note_id",
        "label",
        "split",
    }
    relevant |= {"denoised", "noisy", "zstd", ".flac", ".json", "generated", "given", "the configured schedule"}
    relevant |= {text for tree in trees.values() for node in ast.walk(tree) for text in _options(node)}
    assert not words & relevant
    for name, tree in trees.items():
        if ".vocabulary." in name or name.endswith((".tables", ".grammar")):
            assert not found & set(ast.walk(tree)), name


def _options(node):
    if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
        yield from (part.value for part in node.args if isinstance(part, ast.Constant))


def test_what_words_errors_is_defined_in_one_module_only():
    for name, tree in parsed(sorted(SCRIPTS.rglob("*.py"))).items():
        defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        assert wordings.is_errors(name) or not defined & wordings._SAYINGS
