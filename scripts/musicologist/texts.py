"""Comparing texts."""

import re


def plain(text: str) -> str:
    """Letters and digits in lower case, all else as single blanks: what is left when case and punctuation do not count."""
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()
