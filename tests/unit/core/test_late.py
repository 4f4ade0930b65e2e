import sys

import pytest
from musicologist.core.late import Late, in_place_of


@pytest.fixture
def slow(tmp_path, monkeypatch):
    """A package that takes its time, and one that imports it, as tests find them."""
    (tmp_path / "slow_of_a_test.py").write_text("import math\n\nclass Places:\n    pi = staticmethod(lambda: math.pi)")
    (tmp_path / "user_of_a_test.py").write_text(
        "import slow_of_a_test\nfrom slow_of_a_test import Places\n\ndef place():\n    return Places()\n\n"
        "def pi():\n    return slow_of_a_test.Places.pi()"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield "slow_of_a_test"
    for name in ("slow_of_a_test", "user_of_a_test"):
        sys.modules.pop(name, None)


def test_a_late_module_is_imported_when_something_of_it_is_called(slow):
    with in_place_of(Late(slow)):
        import user_of_a_test
    assert slow not in sys.modules
    assert user_of_a_test.pi() == pytest.approx(3.14159, abs=1e-5)
    assert type(user_of_a_test.place()) is sys.modules[slow].Places


def test_what_was_imported_before_stays_and_what_asks_after_the_block_gets_the_module_itself(slow):
    with in_place_of(Late(slow)):
        pass
    import slow_of_a_test

    with in_place_of(Late(slow)):
        import user_of_a_test
    assert user_of_a_test.slow_of_a_test is slow_of_a_test
    assert sys.modules[slow] is slow_of_a_test
