"""The corridor's voice: comparisons told where people look, on a pull request, in a job's summary, at a terminal.

Rules: as in `stages`. The same text everywhere, each within its limits. It tells and never judges: whatever GitHub
refuses, a token of a fork above all, is a notice, and the exit code stays that of the telling. What the pull request is
comes from the event, never from data of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipeline import judging, publishing, stages
from pipeline.model.config import Config
from pipeline.model.gate import GateOutcome, GateResult
from pipeline.model.record import RunRecord
from pipeline.model.verdict import Comparison

if TYPE_CHECKING:
    from pipeline.render.comment import Section, SourceSpot
    from pipeline.site.ci import Job
    from pipeline.site.github import GitHub

_STATUS: Final[Mapping[GateOutcome, str]] = {
    "passed": "success",
    "failed": "failure",
    "partial": "error",
    "inconclusive": "failure",
}


def comment(  # noqa: PLR0913 - all by keyword: the words of one command
    root: Path,
    config: Config,
    *,
    environ: Mapping[str, str],
    today: date,
    pair: tuple[str, str] | None = None,
    pr: int = 0,
    preview: bool = False,
    strict: bool = False,
    github: Callable[..., GitHub] | None = None,
    say: Callable[[str], None] = print,
) -> int:
    """Tell the comparisons of the settings, or of ``pair``: here, in the job's summary and on the pull request.

    ``pr`` is the number of the pull request, else that of the event; ``preview`` links into ``pr/N/`` of the site.
    Raises ConfigError when there is nothing to compare.
    """
    from pipeline.render import comment as words
    from pipeline.site import ci

    job = ci.read_job(environ)
    compared, gate = judging.judge(root, config, today=today, pair=pair, strict=strict)
    client = _client(job, config, environ, github)
    number = pr or publishing.pull_request(config, environ, say)
    url = (publishing.preview_site(config, number) if preview else config.site).url
    records = _records(root, config, compared)
    parts = _sections(compared, gate, config, url, records)
    report = _report(url, compared)
    text = words.comment_text(parts, key=config.comment.key, limit=config.comment.max_characters, url=report)
    say(words.summary_text(parts).rstrip())
    ci.add_summary(job, words.summary_text(parts))
    ci.set_outputs(job, {"verdict": gate.outcome, "report-url": report})
    if job.in_workflow:
        for line in words.annotation_lines(list(_spots(compared, records)), config.comment.annotations):
            say(line)
    if client is None or not (number or job.sha):
        say(_notice(job, "not posted: there is no GITHUB_TOKEN, repository or pull request here"))
        return 0
    _post(client, job, config, number, (text, gate, report), say)
    return 0


def _client(job: Job, config: Config, environ: Mapping[str, str], make: Callable[..., GitHub] | None) -> GitHub | None:
    from pipeline.site.github import GitHub

    token = environ.get("GITHUB_TOKEN", "")
    if not (token and job.repository):
        return None
    return (make or GitHub)(job.api, job.repository, token, seconds=config.comment.seconds)


def _post(
    client: GitHub,
    job: Job,
    config: Config,
    number: int,
    told: tuple[str, GateResult, str],
    say: Callable[[str], None],
) -> None:
    """Write the comment and the status; a refusal is told and nothing else."""
    from pipeline.render.comment import marker
    from pipeline.render.encode import visible
    from pipeline.site import github as hub

    text, gate, report = told
    wanted = config.comment
    try:
        if number:
            author = wanted.author or hub.own_name(client)
            place = hub.upsert_comment(client, number, text, marker=marker(wanted.key), author=author)
            say(f"comment on {number}: {place}")
    except hub.GitHubError as error:
        say(_notice(job, f"no comment on {number}: {error.message}. {error.cure}"))
    try:
        if wanted.status and job.sha:
            context = "profbook" if wanted.key == "default" else f"profbook/{wanted.key}"
            said = visible(f"gate {gate.outcome}: {(*gate.reasons, '')[0]}")
            hub.set_status(client, job.sha, _STATUS[gate.outcome], said, context=context, url=report)
    except hub.GitHubError as error:
        say(_notice(job, f"no commit status: {error.message}. {error.cure}"))


def _notice(job: Job, text: str) -> str:
    line = " ".join(text.split())
    return f"::notice title=profbook::{line.replace('%', '%25')}" if job.in_workflow else line


# --- what is told ------------------------------------------------------------------------------------------------


def _sections(
    compared: Sequence[Comparison], gate: GateResult, config: Config, url: str, records: Mapping[str, RunRecord]
) -> tuple[Section, ...]:
    from pipeline.analysis.metrics import HEADLINE
    from pipeline.render.comment import sections

    profiles = {name: _paths(record) for name, record in records.items()}
    told = config.comment
    return sections(
        compared,
        gate,
        url=url,
        headline=HEADLINE,
        profiles=profiles,
        movers=told.movers,
        pictures=told.picture,
    )


def _paths(record: RunRecord) -> dict[tuple[str, str], str]:
    """Give the profile of each component and kind to look at: the last one, as comparisons do."""
    order = ("before", "during", "series", "", "after")
    shown = [one for one in record.profiles if one.tree and not one.merged_of]
    shown.sort(key=lambda one: (order.index(one.phase) if one.phase in order else 0, one.index or 0))
    return {(one.component, one.kind): one.path for one in shown}


def _report(url: str, compared: Sequence[Comparison]) -> str:
    """Give the address of the report: the comparison's page, or the overview where there are several."""
    from pipeline.render import links

    if not url:
        return ""
    return f"{url.rstrip('/')}/" + (links.compare_page(compared[0]) if len(compared) == 1 else "")


def _records(root: Path, config: Config, compared: Sequence[Comparison]) -> dict[str, RunRecord]:
    """Read the records of all runs that are compared, by run."""
    wanted = {run for one in compared for run in (*one.base_runs, *one.head_runs)}
    stored = [one for one in stages.known_runs(root, config) if one.run.id in wanted]
    keys = stages.record_keys(stored, config)
    return {name: stages.record_of(root, name, key, config) for name, key in keys.items()}


def _spots(compared: Sequence[Comparison], records: Mapping[str, RunRecord]) -> Iterator[SourceSpot]:
    """Find the source lines of functions that got dearer, where a run of the head stores them."""
    from pipeline.render.comment import SourceSpot

    for one in compared:
        heads = [records[run] for run in reversed(one.head_runs) if run in records]
        for part in one.functions:
            for change in part.functions:
                if change.outcome not in {"regressed", "new"}:
                    continue
                name = change.head_name or change.name
                found = _hottest(heads, (part.component, part.kind, name))
                if found is not None:
                    told = f"{name}: {_told(part.sample_type.type, change.cum.share.base, change.cum.share.head)}"
                    yield SourceSpot(*found, name, f"{told} ({one.head_label} against {one.base_label})")


def _told(kind: str, base: float, head: float) -> str:
    return f"{base * 100:.1f} % → {head * 100:.1f} % of {kind}, calls included"


def _hottest(heads: Sequence[RunRecord], what: tuple[str, str, str]) -> tuple[str, int] | None:
    """Give path and line of a function's heaviest line."""
    component, kind, name = what
    for record in heads:
        for profile in record.profiles:
            for function in profile.source if (profile.component, profile.kind) == (component, kind) else ():
                if function.name == name:
                    index = profile.default_index
                    heaviest = max(function.lines, key=lambda line: (line.cum[index], -line.number), default=None)
                    return function.path, heaviest.number if heaviest else function.first
    return None
