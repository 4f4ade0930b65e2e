"""The one exception that a user's mistake raises, and what words its sentence.

The digest of a script leaves out this module and what its functions are called with: nothing that goes into a product may come
from here.
"""

import difflib
import errno
import os
import re
import sys
import sysconfig
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

_ENDLESS = re.compile(r"[^\s/]{400,}")


class UserError(Exception):
    """A mistake that the user can mend: one sentence with what was found, where, what was expected, what to do.

    Scripts print it as the last line of their log and leave with exit code 1 (see ``programs.run``).
    """

    def __init__(self, sentence: str) -> None:
        """``sentence`` as it is shown, but for words that nobody reads to their end."""
        super().__init__(_ENDLESS.sub(lambda match: f"{match[0][:60]} … {match[0][-20:]}", sentence))


def place_of(path: object, **where: object) -> str:
    """A place in words: ``place_of("a.csv", line=3)`` is ``a.csv, line 3``."""
    return ", ".join([str(path), *(f"{what} {number}" for what, number in where.items())])


def suggest(word: str, known: Iterable[object]) -> str:
    """``did you mean 'x'?`` with the known word that is like ``word``, or all that are known."""
    words = [str(item)[:60] for item in list(known)[:60]]
    word = word[:60]
    close = difflib.get_close_matches(word, words, n=1) or [item for item in words if word and item.startswith(word)]
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(words)}"


FAULTS = Path("logs/faults")
"""Where the traceback of a fault of the program is kept, apart from the logs that are shown when a job fails."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")

_REMEDIES = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some of your quota, or have it raised",
    errno.EROFS: "write to a file system that can be written to, or mount it so",
    errno.EACCES: "get the right to do this there, or use another folder",
    errno.EPERM: "get the right to do this there, or use another folder",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs, or have the system's limit of open files raised",
    errno.ENAMETOOLONG: "give shorter names",
    errno.EISDIR: "a file was expected there: move the folder away",
    errno.ENOTDIR: "a folder was expected there: move the file away",
    errno.ELOOP: "a link there leads back to itself: mend it",
    errno.EEXIST: "move away what lies there",
    errno.ENOENT: "see that it is there",
    errno.ESTALE: "the network file system was lost for a while: see that it is mounted",
    errno.EIO: "the disk or network file system fails: see whether it is well",
    errno.ENOMEM: "give the job more memory",
    errno.EFBIG: "raise the limit of a file's size (ulimit -f), or write to a file system that takes larger files",
    errno.EAGAIN: "raise the limit of processes (ulimit -u), or start fewer at once (--cores, --jobs)",
    errno.EBUSY: "another program uses it: end that",
    errno.EINVAL: "see that the file system takes such names and files",
    errno.ENOLCK: "the network file system gives no locks: have its lock service started",
    errno.ENOTCONN: "the mounted file system was lost: mount it again",
}


def require_name(name: object, place: str) -> str:
    """``name`` as a text; UserError where it cannot stand in a path, a shell line and a pattern alike."""
    if name is None:
        raise UserError(f"{place} is missing: give it a name.")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UserError(
            f"{place}: {str(name)[:80]!r} cannot be a name, which stands in file names and commands: take letters, digits, "
            "underscores and hyphens, 64 at most, a letter or digit first."
        )
    return name


def sentence_of(error: BaseException) -> str:
    """The one sentence about whatever ended a program: the user's mistake, the system's refusal, or a fault of the program."""
    if isinstance(error, UserError):
        return " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return (
            "There is too little memory, or a file claims to hold far more than it does: give the job more (mem_mb), or look "
            "at what it reads, and run again; finished products are untouched."
        )
    if isinstance(error, OSError) and error.errno is not None and type(error).__module__ == "builtins":
        named = [os.fsdecode(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes)]
        where = f" ({' and '.join(named)})" if named else ""
        what = "The disk is full" if error.errno == errno.ENOSPC else os.strerror(error.errno)
        remedy = _REMEDIES.get(error.errno, "see to it")
        return f"{what}{where}: {remedy} and run again; finished products are untouched."
    return _of_fault(error)


def _of_fault(error: BaseException) -> str:
    """The last resort; the traceback goes to a file of its own."""
    text = "".join(traceback.format_exception(error))
    name = re.sub(r"\W+", "_", Path(sys.argv[0]).stem) or "program"
    said = " ".join(str(error).split())[:200]
    for folder in (FAULTS, Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            place = folder / f"{name}-{os.getpid()}.txt"
            place.write_text(text, encoding="utf-8", errors="backslashreplace")
            break
        except OSError:
            continue
    else:
        place = Path("no file, for none could be written")
    kept = f"which is kept in {place.absolute() if place.is_file() else place}"
    if own := _own_line(error):
        return (
            f"{own}, ended with {type(error).__name__}: {said}: mend this file of your own (the traceback, {kept}, says how it "
            "came there); finished products are untouched."
        )
    return (
        f"This is a fault of the program, which did not expect it ({type(error).__name__}: {said}): please report it with the "
        f"traceback, {kept}, and the configuration; finished products are untouched."
    )


def _own_line(error: BaseException) -> str:
    """The file and line of a user's own program in which an error came up, in it or in a library that it called; else ""."""
    checkout = Path(__file__).absolute().parents[3]
    programs = [checkout / name for name in ("scripts", "rules", "benchmarks", "docs", "tests")]
    libraries = [Path(folder) for name, folder in sysconfig.get_paths().items() if name.endswith("lib")]
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        if any(file.is_relative_to(folder) for folder in programs):
            return ""
        installed = {"site-packages", "dist-packages"} & set(file.parts)
        if file.is_file() and not installed and not any(file.is_relative_to(folder) for folder in libraries):
            return f"{file}, line {frame.lineno}"
    return ""
