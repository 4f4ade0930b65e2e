"""The one exception that a user's mistake raises."""


class UserError(Exception):
    """A mistake that the user can mend: one sentence with what was found, where, what was expected, what to do.

    Scripts print it as the last line of their log and leave with exit code 1 (see ``cli.run``).
    """
