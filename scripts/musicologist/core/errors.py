"""The one exception that a user's mistake raises, and what words its sentence.

The digest of a script leaves out this module and what its functions are called with: nothing that goes into a product may come
from here.
"""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake that the user can mend: one sentence with what was found, where, what was expected, what to do.

    Scripts print it as the last line of their log and leave with exit code 1 (see ``cli.run``).
    """


def place_of(path: object, **where: object) -> str:
    """A place in words: ``place_of("a.csv", line=3)`` is ``a.csv, line 3``."""
    return ", ".join([str(path), *(f"{what} {number}" for what, number in where.items())])


def suggest(word: str, known: Iterable[object]) -> str:
    """``did you mean 'x'?`` with the known word that is like ``word``, or all that are known."""
    words = [str(item) for item in known]
    close = difflib.get_close_matches(word, words, n=1) or [item for item in words if word and item.startswith(word)]
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(words)}"
