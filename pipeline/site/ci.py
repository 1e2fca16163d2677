"""What a CI job knows of itself: which pull request and commit it is about, and where its summary and outputs go.

Rules: the event is GitHub's own file and read as data; nothing of it is believed that an artifact could have brought.
Outside of a workflow everything is empty and nothing is written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pipeline.errors import SiteError

_EVENT_BYTES: Final = 64 << 20
_SHA: Final = re.compile(r"[0-9a-f]{40,64}")
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99}/(?!\.\.?$)[A-Za-z0-9_.-]{1,100}")


@dataclass(frozen=True, slots=True)
class Job:
    """A job: ``number`` is its pull request (0: not known), ``sha`` the commit under test, ``head`` its
    ``owner:branch``; ``in_workflow`` tells whether workflow commands are read.
    """

    repository: str = ""
    api: str = "https://api.github.com"
    number: int = 0
    sha: str = ""
    head: str = ""
    summary: str = ""
    output: str = ""
    in_workflow: bool = False


def read_job(environ: Mapping[str, str]) -> Job:
    """Read the environment and the event of a job. Raises SiteError when the event cannot be read."""
    event = _event(environ.get("GITHUB_EVENT_PATH", ""))
    repository = environ.get("GITHUB_REPOSITORY", "")
    pull, run = (_table(event, name) for name in ("pull_request", "workflow_run"))
    head = _table(pull, "head") if pull else run
    owner = _table(_table(head, "repo") if pull else _table(run, "head_repository"), "owner").get("login", "")
    branch = str(head.get("ref" if pull else "head_branch") or "")
    sha = str(head.get("sha" if pull else "head_sha") or environ.get("GITHUB_SHA", ""))
    number = pull.get("number", 0)
    return Job(
        repository=repository if _REPOSITORY.fullmatch(repository) else "",
        api=environ.get("GITHUB_API_URL") or "https://api.github.com",
        number=number if isinstance(number, int) else 0,
        sha=sha if _SHA.fullmatch(sha) else "",
        head=f"{owner}:{branch}" if owner and branch else "",
        summary=environ.get("GITHUB_STEP_SUMMARY", ""),
        output=environ.get("GITHUB_OUTPUT", ""),
        in_workflow=environ.get("GITHUB_ACTIONS") == "true",
    )


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        if Path(path).stat().st_size > _EVENT_BYTES:
            return {}
        told = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError):
        raise SiteError("the event of this workflow cannot be read", cure="Is GITHUB_EVENT_PATH right?") from None
    return told if isinstance(told, dict) else {}


def _table(value: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


def add_summary(job: Job, text: str) -> None:
    """Add to the summary of the job's step, if it has one."""
    if job.summary:
        with Path(job.summary).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)


def set_outputs(job: Job, values: Mapping[str, str]) -> None:
    """Set outputs of the step; a value is one line."""
    if job.output:
        with Path(job.output).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={' '.join(value.split())}\n" for name, value in values.items())
