"""What the engine refuses, in one sentence fit for whoever asked; and what may be said of a mistake of its own."""

import traceback
from pathlib import Path


class AuditError(Exception):
    """Something could not be done; the text says what, and how to mend it. Never holds a secret."""


class BadArgumentError(AuditError):
    """What was asked for makes no sense as it stands (exit status 2)."""


class NothingAssessableError(AuditError):
    """Nothing of a target could be read: no credentials, no such account, endpoint away (exit status 3)."""


def kind_and_place(error: Exception) -> str:
    """For the log, where a mistake of ours was met: "KeyError at secrets.py:88".

    Neither its text nor what the program held goes further: both may be a client's, and hold a secret.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + where
