"""Errors that stop the work, each with a cause and a cure.

    ProfbookError
     ├─ ConfigError      a setting is missing, unknown or wrong          exit 2
     ├─ UsageError       the command line asks for something impossible  exit 2
     ├─ CollectError     nothing could be collected                      exit 5
     ├─ DecodeError      these bytes are not a profile we can trust      (becomes a Finding)
     ├─ StoreError       a run or derived file cannot be read or written exit 5
     └─ SiteError        the site could not be built                     exit 5

Rules: a message says what happened; ``cure`` says what to do next. No secret, userinfo or query string
ever enters a message. Doubts that do not stop the work are ``model.finding.Finding`` values, not errors.
"""

from __future__ import annotations


class ProfbookError(Exception):
    """Base of all errors profbook raises on purpose."""

    exit_code = 5

    def __init__(self, message: str, *, cure: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure

    def __str__(self) -> str:
        return f"{self.message}\n  {self.cure}" if self.cure else self.message


class ConfigError(ProfbookError):
    """A setting is missing, unknown or wrong; ``message`` holds every fault found, one a line."""

    exit_code = 2


class UsageError(ProfbookError):
    """The command line asks for something that does not exist or cannot be done."""

    exit_code = 2


class CollectError(ProfbookError):
    """Collecting ended with nothing worth keeping."""


class DecodeError(ProfbookError):
    """Bytes that cannot be read as a profile; ``code`` is stable and documented in the guide."""

    def __init__(self, code: str, message: str, *, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.code = code


class StoreError(ProfbookError):
    """A run, record or lock cannot be read or written."""


class SiteError(ProfbookError):
    """The site could not be built; the previous one stays in place."""
