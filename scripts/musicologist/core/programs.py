"""How every script ends: with one sentence, and without temporary files."""

import signal
import sys
from collections.abc import Callable

from musicologist.core import errors


def run(main: Callable[[], None]) -> None:
    """Call ``main`` and leave the process: 0 when it returns, 1 with one sentence on stderr for whatever ended it.

    SIGTERM (pre-emption, time limit, Snakemake's own clean-up) is raised as ``SystemExit`` so that temporary files go.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        print(errors.sentence_of(error), file=sys.stderr)
        sys.exit(1)
    sys.exit(0)
