"""What is kept out of everything made of a run: labels, secrets, names of people."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, field_validator


@dataclass(frozen=True, slots=True)
class RedactRules:
    """Labels to show by key (``team*``: all that begin so), whether secrets are masked and homes trimmed, and own
    patterns to mask.
    """

    labels: tuple[str, ...] = ()
    secrets: bool = True
    homes: bool = True
    patterns: tuple[str, ...] = ()


class RedactConfig(BaseModel):
    """What is kept out of derived data, pages, exports, and the raw files on the site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: tuple[str, ...] = Field(
        (),
        description="Keys of profile labels to show: `tenant`, or `team*` for all that begin so; `*` shows all. Others "
        "are left out. `bytes` of heap profiles and what goroutine dumps tell are always shown.",
    )
    secrets: bool = Field(
        True, description="Mask what looks like a secret: keys, tokens, passwords, private keys, userinfo of URLs."
    )
    paths: bool = Field(True, description="Write the home folders of people as `~`.")
    patterns: tuple[str, ...] = Field(
        (), description="Regular expressions of more to mask, such as names of hosts or customers; Python's syntax."
    )

    @field_validator("patterns")
    @classmethod
    def _compiles(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                found = re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
            if found.search(""):
                raise ValueError(f"{pattern!r} matches everything")
        return patterns

    @property
    def rules(self) -> RedactRules:
        """Give the rules as analysis takes them."""
        return RedactRules(self.labels, self.secrets, self.paths, self.patterns)


SHOW_ALL = RedactRules(("*",), secrets=False, homes=False)
"""Rules that change nothing."""
