"""The one exception that a user's mistake raises, and the suggestion that its sentence may make."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake that the user can mend: one sentence with what was found, where, what was expected, what to do.

    Scripts print it as the last line of their log and leave with exit code 1 (see ``cli.run``).
    """


def suggest(word: str, known: Iterable[object]) -> str:
    """``did you mean 'x'?`` with the known word that is like ``word``, or all that are known."""
    words = [str(item) for item in known]
    close = difflib.get_close_matches(word, words, n=1) or [item for item in words if word and item.startswith(word)]
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(words)}"
