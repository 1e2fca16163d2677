"""Telling comparisons as a workflow does: events, a server over real HTTP, forks; it tells and never fails the job."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipeline import commenting, gathering, publishing
from pipeline.model.config import Config
from pipeline.model.source import AnnotatedFunction, AnnotatedLine
from pipeline.site.ci import read_job
from tests import records
from tests.builders import pprof_bytes, write_run
from tests.site.fake_github import REPOSITORY, State, fake_github
from tests.site.remotes import bare, branch_files, clone
from tests.test_judging import load

TODAY = date(2026, 11, 20)
SHA = "a" * 40
CONFIG = Config.model_validate(
    {"site": {"url": "https://org.github.io/shop/"}, "compare": [{"base": "base", "head": "pr"}]}
)
PULL = {"pull_request": {"number": 7, "head": {"sha": SHA, "ref": "topic", "repo": {"owner": {"login": "fork"}}}}}
RUN = {
    "workflow_run": {"head_sha": SHA, "head_branch": "topic", "head_repository": {"owner": {"login": "fork"}}},
}


@pytest.fixture
def server() -> Iterator[tuple[State, str]]:
    with fake_github() as made:
        yield made


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make two labels of which the head is a third slower; its runs store their source."""
    root = tmp_path_factory.mktemp("project")
    for place in range(4):
        for label, rate, extra in (("base", 1000.0, 0), ("pr", 700.0, 5)):
            facts = {"ops_per_sec": rate + place, "total_ops": round(rate + place) * 10, "avg_latency_ms": 1000 / rate}
            samples = [
                (("main.main", "main.work"), (50 + extra, 500 + 100 * extra + place)),
                (("main.main",), (50, 500)),
            ]
            files = {"load-test-results.json": load(place, **facts), "cpu.prof": pprof_bytes(samples)}
            write_run(root / "profiles", f"20261120_1015{place:02}-{label}", files)
    return root


def environ(tmp_path: Path, api: str = "", event: object = None, **more: str) -> dict[str, str]:
    (tmp_path / "event.json").write_text(json.dumps(event or {}))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_API_URL": api,
        "GITHUB_TOKEN": "t0ken",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        **more,
    }


def comment(root: Path, env: dict[str, str], config: Config = CONFIG, **words: object) -> str:
    lines: list[str] = []
    assert commenting.comment(root, config, environ=env, today=TODAY, say=lines.append, **words) == 0  # type: ignore[arg-type]
    return "\n".join(lines)


def test_one_text_everywhere(project: Path, tmp_path: Path, server: tuple[State, str]) -> None:
    state, api = server
    told = comment(project, environ(tmp_path, api, PULL))
    (one,) = state.comments.values()
    assert one["body"].startswith("<!-- profbook:default -->\n\n## ✕ gate failed\n- ")
    for text in (told, (tmp_path / "summary.md").read_text()):
        assert text.startswith("## ✕ gate failed\n")
        assert "▼ regressed" in text
        assert "<!--" not in text
    assert "](<https://org.github.io/shop/compare/base..pr/>)" in one["body"]
    (status,) = state.statuses
    assert (status["sha"], status["state"], status["context"]) == (SHA, "failure", "profbook")
    assert (tmp_path / "output").read_text() == (
        "verdict=failed\nreport-url=https://org.github.io/shop/compare/base..pr/\n"
    )
    assert comment(project, environ(tmp_path, api, PULL)) == told
    assert len(state.comments) == 1


def test_the_pull_request_is_asked_of_github_not_of_the_data(
    project: Path, tmp_path: Path, server: tuple[State, str]
) -> None:
    """A workflow_run event of a fork: the number comes from the commit, and from nothing a run says."""
    state, api = server
    state.pulls = [{"number": 7, "state": "open", "head": {"sha": SHA, "label": "fork:topic"}, "fork": True}]
    (project / "profiles" / "20261120_101500-pr" / "README.md").write_text("pull request 99, number: 99")
    told = comment(project, environ(tmp_path, api, RUN, GITHUB_SHA="b" * 40), preview=True)
    assert "comment on 7: https://" in told
    assert "shop/pr/7/compare/base..pr/" in next(iter(state.comments.values()))["body"]
    assert state.statuses[0]["sha"] == SHA


@pytest.mark.parametrize("event", [PULL, RUN, {}])
def test_a_fork_that_may_not_write_is_a_notice(
    project: Path, tmp_path: Path, server: tuple[State, str], event: object
) -> None:
    state, api = server
    state.may_write = False
    state.pulls = [{"number": 7, "state": "open", "head": {"sha": SHA, "label": "fork:topic"}, "fork": True}]
    told = comment(project, environ(tmp_path, api, event, GITHUB_SHA=SHA))
    notices = [line for line in told.splitlines() if line.startswith("::")]
    assert notices
    assert all(line.startswith("::notice title=profbook::no ") for line in notices)
    assert "403" in notices[-1]
    assert (tmp_path / "summary.md").read_text().startswith("## ✕ gate failed")


def test_without_a_token_it_is_told_here(project: Path, tmp_path: Path) -> None:
    told = comment(project, {})
    assert told.startswith("## ✕ gate failed")
    assert told.splitlines()[-1] == "not posted: there is no GITHUB_TOKEN, repository or pull request here"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_down_does_not_fail_the_job(project: Path, tmp_path: Path, server: tuple[State, str]) -> None:
    state, api = server
    state.moods = [(503, {}, "")] * 20
    quick = CONFIG.model_copy(update={"comment": CONFIG.comment.model_copy(update={"seconds": 0.1})})
    told = comment(project, environ(tmp_path, api, PULL), quick)
    assert "::notice title=profbook::no comment on 7: GitHub answers 503" in told


def test_keys_are_comments_of_their_own(project: Path, tmp_path: Path, server: tuple[State, str]) -> None:
    state, api = server
    other = CONFIG.model_copy(update={"comment": CONFIG.comment.model_copy(update={"key": "arm64"})})
    comment(project, environ(tmp_path, api, PULL))
    comment(project, environ(tmp_path, api, PULL), other)
    assert [one["body"].splitlines()[0] for one in state.comments.values()] == [
        "<!-- profbook:default -->",
        "<!-- profbook:arm64 -->",
    ]
    assert [one["context"] for one in state.statuses] == ["profbook", "profbook/arm64"]


def test_two_labels_can_be_named(project: Path) -> None:
    assert "▲ improved: `base` against `pr`" in comment(project, {}, pair=("pr", "base"))


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"pull_request": [], "workflow_run": 3}', '{"pull_request": {"head": 1}}']
)
def test_odd_events_are_no_pull_request(tmp_path: Path, text: str) -> None:
    (tmp_path / "event.json").write_text(text)
    env = {"GITHUB_EVENT_PATH": str(tmp_path / "event.json"), "GITHUB_REPOSITORY": "../x", "GITHUB_SHA": "$(id)"}
    if text == "{":
        with pytest.raises(Exception, match="event of this workflow"):
            read_job(env)
        return
    job = read_job(env)
    assert (job.number, job.sha, job.repository, job.head) == (0, "", "", "")


# --- lines of source -------------------------------------------------------------------------------------------------


def test_lines_that_got_dearer_are_marked() -> None:
    """File and line are those of the head's stored source, the heaviest line of the function by the head's name."""
    lines = (AnnotatedLine(13, (0, 0), (2, 2)), AnnotatedLine(12, (1, 1), (9, 9)))
    function = AnnotatedFunction("main.slow", "cmd/app/main.go", 10, 20, (1, 1), (9, 9), lines)
    profile = records.profile("cpu.prof", kind="cpu", source=(function,))
    record = records.record("20260105_000000-optimized", "optimized", profiles=(profile,))
    one = records.comparison(functions=(records.difference("main.slow", "main.more"),))
    found = list(commenting._spots((one,), {"20260105_000000-optimized": record}))
    assert [(spot.path, spot.line, spot.function) for spot in found] == [("cmd/app/main.go", 12, "main.slow")]
    assert found[0].told == "main.slow: 0.0 % → 3.0 % of cpu, calls included (optimized against baseline)"
    assert list(commenting._spots((one,), {})) == []


# --- previews --------------------------------------------------------------------------------------------------------


def test_the_preview_of_an_event(tmp_path: Path, server: tuple[State, str], monkeypatch: pytest.MonkeyPatch) -> None:
    state, api = server
    state.pulls = [{"number": 7, "state": "open", "head": {"sha": SHA, "label": "fork:topic"}, "fork": True}]
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    remote = bare(tmp_path / "remote.git")
    root = clone(remote, tmp_path / "clone")

    def build_site(place: Path, config: Config) -> bool:
        (place / "build" / "site").mkdir(parents=True)
        (place / "build" / "site" / "index.html").write_text(config.site.url)
        return True

    monkeypatch.setattr(publishing.sites, "build_site", build_site)
    lines: list[str] = []
    env = environ(tmp_path, api, RUN)
    assert publishing.publish(root, CONFIG, environ=env, preview=True, say=lines.append) == 0
    assert branch_files(remote, "gh-pages")["pr/7/index.html"] == b"https://org.github.io/shop/pr/7/"
    state.pulls = []
    assert publishing.publish(root, CONFIG, environ=env, preview=True, say=lines.append) == 0
    assert lines[-1] == "no pull request is known here, so there is no preview"
    assert "pr/7/" in lines[0]


# --- foreign data ----------------------------------------------------------------------------------------------------


def test_an_artifact_is_data_and_nothing_more(tmp_path: Path, server: tuple[State, str]) -> None:
    """What a pull request's job kept: links, names that lead out, a manifest that claims another number and label."""
    state, api = server
    root, kept = tmp_path / "project", tmp_path / "kept"
    (root / "build").mkdir(parents=True)
    (tmp_path / "secret").write_text("t0p")
    for place in range(4):
        for label in ("base", "pr"):
            write_run(kept, f"20261120_1015{place:02}-{label}", {"load-test-results.json": load(place)})
    odd = kept / "20261120_101500-pr"
    (odd / "leak.prof").symlink_to(tmp_path / "secret")
    (odd / "event.json").write_text(json.dumps({"pull_request": {"number": 99}}))
    (odd / "GITHUB_OUTPUT").write_text("verdict=passed")
    os.mkfifo(odd / "pipe")
    manifest = {"format": 1, "id": "../../20261120_101500-pr", "label": "<!-- profbook:default --> @alice"}
    (odd / "run.json").write_text(json.dumps(manifest))
    before = {path for path in tmp_path.rglob("*") if root not in path.parents}
    gathering.import_paths(root, CONFIG, paths=(str(kept),), say=lambda _line: None)
    assert {path for path in tmp_path.rglob("*") if root not in path.parents} == before
    assert not [path for path in (root / "profiles").rglob("*") if path.is_symlink() or path.is_fifo()]
    assert "t0p" not in "".join(path.read_text() for path in (root / "profiles").rglob("*") if path.is_file())
    told = comment(root, environ(tmp_path, api, PULL))
    (one,) = state.comments.values()
    assert "comment on 7:" in told
    assert one["body"].count("<!--") == 1
