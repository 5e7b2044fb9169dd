"""The error a user is meant to read."""


class DrumscribeError(Exception):
    """Something the user can mend.

    The message is one line that names the file or setting, says what is wrong and what to do. The
    command line prints it without a traceback and exits with status 1.
    """
