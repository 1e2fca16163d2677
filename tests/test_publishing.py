"""Publishing against a real bare repository: nothing is lost, whoever publishes at the same time; refused in time."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline import publishing, sites
from pipeline.errors import SiteError, UsageError
from pipeline.model.config import Config
from pipeline.model.publish import PublishConfig
from pipeline.site import git as gits
from pipeline.site.branch import Patience
from tests import light
from tests.builders import pprof_bytes, write_run
from tests.site.remotes import ENVIRON, bare, branch_files, clone, git

CLONES = 10
CONFIG = Config.model_validate({"site": {"url": "https://x.test/p/"}, "publish": {"mode": "branch"}})


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)


@pytest.fixture(autouse=True)
def light_site(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Build sites that only list their runs; gives the builds made."""
    built: list[str] = []

    def build_site(root: Path, config: Config, **_options: object) -> bool:
        site = root / "build" / "site"
        site.mkdir(parents=True, exist_ok=True)
        names = sorted(path.name for path in (root / "profiles").iterdir())
        (site / "index.html").write_text("\n".join([config.site.url, *names]))
        for name in names:
            (site / "runs" / name).mkdir(parents=True, exist_ok=True)
            (site / "runs" / name / "index.html").write_text(name)
        built.append(",".join(names))
        return True

    monkeypatch.setattr(sites, "build_site", build_site)
    return built


def patience(seed: int) -> Patience:
    return Patience(120.0, chance=random.Random(seed).random)


def project(remote: Path, place: Path, number: int) -> Path:
    """Clone, and take a run of its own."""
    root = clone(remote, place)
    run = write_run(root / "profiles", f"20261120_1015{number:02}-baseline", {"cpu.prof": bytes([number]) * 40})
    (run / ".gitattributes").write_text("* text eol=crlf\n")
    (run / "notes.txt").write_bytes(b"one\r\ntwo\n")
    return root


def publish(root: Path, config: Config = CONFIG, seed: int = 0, **words: object) -> list[str]:
    lines: list[str] = []
    code = publishing.publish(root, config, environ={}, patience=patience(seed), say=lines.append, **words)  # type: ignore[arg-type]
    assert code == 0
    return lines


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    return bare(tmp_path / "remote.git")


def test_a_folder_to_upload_pushes_no_run_unless_it_is_asked_to(tmp_path: Path, remote: Path) -> None:
    one, two = project(remote, tmp_path / "a", 1), project(remote, tmp_path / "b", 2)
    publish(one, Config(), mode="artifact")
    assert "profbook-runs" not in git(remote, "for-each-ref")
    publish(one, Config(publish=PublishConfig(share_runs=True)), mode="artifact")
    assert "profbook-runs" in git(remote, "for-each-ref")
    publish(two, Config(), mode="artifact")
    house = two / "build" / "publish" / "house" / "profiles"
    assert sorted(path.name[-11:] for path in house.iterdir()) == ["01-baseline", "02-baseline"]
    assert not any("101502" in name for name in branch_files(remote, "profbook-runs"))


# --- nothing is lost -------------------------------------------------------------------------------------------------


def test_clones_that_publish_at_once_lose_nothing(tmp_path: Path, remote: Path) -> None:
    """Each brings a run and a preview of its own; in the end all are there, the site knows all runs, in one commit."""
    roots = [project(remote, tmp_path / f"clone{number}", number) for number in range(CLONES)]
    together = threading.Barrier(CLONES)

    def one(number: int) -> list[str]:
        together.wait()
        told = publish(roots[number], seed=number)
        return told + publish(roots[number], seed=100 + number, pr=number + 1)

    with ThreadPoolExecutor(CLONES) as pool:
        told = list(pool.map(one, range(CLONES)))
    runs = {f"20261120_1015{number:02}-baseline" for number in range(CLONES)}
    stored = branch_files(remote, "profbook-runs")
    assert {name.split("/")[0] for name in stored} == runs
    for number, run in enumerate(sorted(runs)):
        assert stored[f"{run}/cpu.prof"] == bytes([number]) * 40
        assert stored[f"{run}/notes.txt"] == b"one\r\ntwo\n"
    site = branch_files(remote, "gh-pages")
    assert site["index.html"].decode().splitlines() == ["https://x.test/p/", *sorted(runs)]
    assert {name.split("/")[1] for name in site if name.startswith("runs/")} == runs
    for number, run in enumerate(sorted(runs), 1):
        assert site[f"pr/{number}/index.html"].decode() == f"https://x.test/p/pr/{number}/\n{run}"
    assert ".nojekyll" in site
    assert git(remote, "rev-list", "--count", "gh-pages").strip() == "1"
    assert git(remote, "rev-list", "--count", "profbook-runs").strip() == str(CLONES)
    assert all("gh-pages" in lines[-1] for lines in told)


def test_processes_that_publish_at_once_lose_nothing(tmp_path: Path, remote: Path) -> None:
    """The command itself, in processes of their own, with everything but the site's engine."""
    package = light.copy_package(tmp_path / "package")
    roots = [clone(remote, tmp_path / f"clone{number}") for number in range(3)]
    started = []
    for number, root in enumerate(roots):
        run = pprof_bytes([(("main.main",), (1, number + 1))])
        write_run(root / "profiles", f"20261120_10150{number}-baseline", {"cpu.prof": run})
        words = [sys.executable, str(package / "tests" / "light.py"), "publish", "--mode", "branch"]
        environ = {**ENVIRON, "PYTHONPATH": str(package)}
        started.append(
            subprocess.Popen(words, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
    for one in started:
        told, errors = one.communicate()
        assert one.returncode == 0, errors
        assert "Traceback" not in told + errors
    site = branch_files(remote, "gh-pages")
    assert {name for name in site if name.startswith("runs/")} == {
        f"runs/20261120_10150{number}-baseline/index.html" for number in range(3)
    }


def test_a_second_publish_changes_nothing(tmp_path: Path, remote: Path, light_site: list[str]) -> None:
    root = project(remote, tmp_path / "clone", 1)
    publish(root)
    tips = git(remote, "for-each-ref")
    publish(root)
    assert git(remote, "for-each-ref") == tips
    assert len(light_site) == 1


def test_another_run_of_the_same_name_is_kept_beside_it(tmp_path: Path, remote: Path) -> None:
    first, second = (project(remote, tmp_path / name, 1) for name in ("a", "b"))
    (second / "profiles" / "20261120_101501-baseline" / "cpu.prof").write_bytes(b"other")
    for root in (first, second, first, second):
        publish(root)
    stored = branch_files(remote, "profbook-runs")
    assert stored["20261120_101501-baseline/cpu.prof"] == b"\x01" * 40
    assert stored["20261120_101501-baseline-2/cpu.prof"] == b"other"
    assert len({name.split("/")[0] for name in stored}) == 2


def test_notes_added_to_a_stored_run_join_it(tmp_path: Path, remote: Path) -> None:
    root = project(remote, tmp_path / "a", 1)
    publish(root)
    (root / "profiles" / "20261120_101501-baseline" / "README.md").write_text("seen")
    publish(root)
    assert {name.split("/")[0] for name in branch_files(remote, "profbook-runs")} == {"20261120_101501-baseline"}
    assert branch_files(remote, "profbook-runs")["20261120_101501-baseline/README.md"] == b"seen"


def test_the_users_checkout_is_not_touched(tmp_path: Path, remote: Path) -> None:
    root = project(remote, tmp_path / "a", 1)
    before = (git(root, "status", "--porcelain"), git(root, "branch"), git(root, "rev-parse", "HEAD"))
    publish(root)
    publish(root, pr=3)
    (root / ".git" / "info" / "exclude").write_text("build/\n")
    after = (git(root, "status", "--porcelain"), git(root, "branch"), git(root, "rev-parse", "HEAD"))
    assert after == before
    assert [path.name for path in (root / "profiles").iterdir()] == ["20261120_101501-baseline"]


# --- retention, previews ---------------------------------------------------------------------------------------------


def test_only_the_newest_runs_are_kept_when_asked(tmp_path: Path, remote: Path) -> None:
    few = CONFIG.model_copy(update={"publish": CONFIG.publish.model_copy(update={"keep_runs": 2})})
    for number in range(4):
        publish(project(remote, tmp_path / f"c{number}", number), few)
    names = {name.split("/")[0] for name in branch_files(remote, "profbook-runs")}
    assert names == {"20261120_101502-baseline", "20261120_101503-baseline"}
    assert git(remote, "rev-list", "--count", "profbook-runs").strip() == "1"
    assert "20261120_101500" not in branch_files(remote, "gh-pages")["index.html"].decode()


def test_previews_never_write_to_the_store_and_go_when_closed(tmp_path: Path, remote: Path) -> None:
    publish(project(remote, tmp_path / "main", 1))
    store = git(remote, "rev-parse", "profbook-runs")
    branch = project(remote, tmp_path / "pr", 2)
    publish(branch, pr=12)
    publish(branch, pr=1)
    assert git(remote, "rev-parse", "profbook-runs") == store
    root = branch_files(remote, "gh-pages")["index.html"]
    assert b"101502" not in root
    told = publish(branch, prune_pr=1)
    left = branch_files(remote, "gh-pages")
    assert "pr/12/index.html" in left
    assert not [name for name in left if name.startswith("pr/1/")]
    assert left["index.html"] == root
    assert told == ["there is no preview pr/1/ any more"]
    publish(branch, prune_pr=99)


def test_only_the_newest_previews_are_kept_when_asked(tmp_path: Path, remote: Path) -> None:
    few = CONFIG.model_copy(update={"publish": CONFIG.publish.model_copy(update={"keep_previews": 2})})
    root = project(remote, tmp_path / "a", 1)
    for number in (9, 10, 11):
        publish(root, few, pr=number)
    previews = {name.split("/")[1] for name in branch_files(remote, "gh-pages") if name.startswith("pr/")}
    assert previews == {"10", "11"}


def test_stored_runs_can_be_brought_here(tmp_path: Path, remote: Path) -> None:
    publish(project(remote, tmp_path / "a", 1))
    other = project(remote, tmp_path / "b", 2)
    assert publish(other, fetch_runs=True) == ["1 run brought from the store"]
    assert (other / "profiles" / "20261120_101501-baseline" / "notes.txt").read_bytes() == b"one\r\ntwo\n"
    assert publish(other, fetch_runs=True) == ["0 runs brought from the store"]


# --- a folder --------------------------------------------------------------------------------------------------------


def test_the_folder_to_upload_holds_site_and_previews(tmp_path: Path, remote: Path) -> None:
    config = Config.model_validate({"site": {"url": "https://x.test/"}})
    root = project(remote, tmp_path / "a", 1)
    publish(root, config, pr=7)
    told = publish(root, config)
    assert told[-2] == "build/publish/site: 4 files to upload, with 1 preview"
    upload = root / "build" / "publish" / "site"
    assert (upload / "index.html").read_text() == "https://x.test/\n20261120_101501-baseline"
    assert (upload / "pr" / "7" / "index.html").read_text().startswith("https://x.test/pr/7/")


def test_without_git_the_folder_is_made_of_the_runs_here(tmp_path: Path) -> None:
    write_run(tmp_path / "profiles", "20261120_101501-baseline", {"cpu.prof": b"x"})
    told = publish(tmp_path, Config())
    assert "not in a git repository" in told[0]
    assert (tmp_path / "build" / "publish" / "site" / "index.html").is_file()
    with pytest.raises(UsageError, match="git repository"):
        publish(tmp_path)


def test_a_folder_can_be_the_store(tmp_path: Path, light_site: list[str]) -> None:
    config = Config.model_validate({"publish": {"runs_folder": "../bucket"}})
    for number in (1, 2):
        root = tmp_path / f"p{number}"
        write_run(root / "profiles", f"20261120_10150{number}-baseline", {"cpu.prof": b"x"})
        publish(root, config)
    assert sorted(path.name for path in (tmp_path / "bucket").iterdir()) == [
        "20261120_101501-baseline",
        "20261120_101502-baseline",
    ]
    assert light_site[-1] == "20261120_101501-baseline,20261120_101502-baseline"
    assert publish(tmp_path / "p1", config, fetch_runs=True) == ["1 run brought from the store"]


# --- refused in time -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["max_site_bytes", "max_file_bytes"])
@pytest.mark.parametrize("words", [{}, {"pr": 3}, {"mode": "artifact"}])
def test_what_a_host_would_refuse_is_not_uploaded(
    tmp_path: Path, remote: Path, limit: str, words: dict[str, object]
) -> None:
    config = CONFIG.model_copy(update={"publish": CONFIG.publish.model_copy(update={limit: 41})})
    with pytest.raises(SiteError, match=r"index\.html.*bytes\)") as caught:
        publish(project(remote, tmp_path / "a", 1), config, **words)
    assert "41" in str(caught.value)
    assert "gh-pages" not in git(remote, "for-each-ref")
    assert not (tmp_path / "a" / "build" / "publish" / "site").exists()


@pytest.mark.parametrize("kind", ["link", "fifo", "hard"])
def test_links_and_special_files_are_refused(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    plain = sites.build_site

    def build(root: Path, config: Config) -> bool:
        plain(root, config)
        odd = root / "build" / "site" / "odd"
        if kind == "link":
            odd.symlink_to("/etc/passwd")
        elif kind == "fifo":
            os.mkfifo(odd)
        else:
            odd.hardlink_to(root / "build" / "site" / "index.html")
        return True

    monkeypatch.setattr(sites, "build_site", build)
    with pytest.raises(SiteError, match="odd is "):
        publish(project(remote, tmp_path / "a", 1))
    assert "gh-pages" not in git(remote, "for-each-ref")


def test_a_remote_that_refuses_is_told_once(tmp_path: Path, remote: Path) -> None:
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'branch is protected ghp_0123456789abcdefghij' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(SiteError, match="branch is protected") as caught:
        publish(project(remote, tmp_path / "a", 1))
    assert "ghp_" not in str(caught.value)


def test_a_remote_that_is_gone_ends_in_words(tmp_path: Path, remote: Path) -> None:
    root = project(remote, tmp_path / "a", 1)
    git(root, "remote", "set-url", "origin", str(tmp_path / "nowhere"))
    with pytest.raises(SiteError, match="git ls-remote failed"):
        publish(root)


def test_it_gives_up_when_others_are_always_faster(
    tmp_path: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(gits.Repository, "push", lambda *_words, **_options: "overtaken")
    slow = Patience(60.0, sleep=sleep, clock=lambda: now[0], chance=lambda: 0.9)
    with pytest.raises(SiteError, match="others pushed to profbook-runs first"):
        publishing.publish(
            project(remote, tmp_path / "a", 1), CONFIG, environ={}, patience=slow, say=lambda _line: None
        )
    assert waits == sorted(waits)
    assert 5 < len(waits) < 30


@pytest.mark.parametrize("words", [{"mode": "ftp"}, {"pr": 1, "fetch_runs": True}, {"pr": -1}])
def test_words_that_do_not_go_together(tmp_path: Path, words: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        publish(tmp_path, **words)


def test_a_token_reaches_git_through_the_environment_only(tmp_path: Path) -> None:
    repo = gits.Repository(tmp_path, tmp_path / "x", server="https://github.example", token="s3cr3t")
    env = repo._env()
    assert env["GIT_CONFIG_KEY_1"] == "http.https://github.example/.extraheader"
    assert env["GIT_CONFIG_VALUE_0"] == ""
    assert "s3cr3t" not in repr(repo) + " ".join(repo._words())
    assert "GIT_CONFIG_COUNT" not in gits.Repository(tmp_path, tmp_path, server="http://h", token="x")._env()


def test_the_marker_of_somebody_else_is_no_reason_to_stop(tmp_path: Path, remote: Path) -> None:
    root = project(remote, tmp_path / "a", 1)
    publish(root)
    told = json.loads(branch_files(remote, "gh-pages")[".profbook.json"])
    assert set(told) == {"runs", "settings"}
    other = CONFIG.model_copy(update={"site": CONFIG.site.model_copy(update={"url": "https://y.test/"})})
    publish(root, other)
    assert branch_files(remote, "gh-pages")["index.html"].startswith(b"https://y.test/")


def test_a_run_with_a_file_that_is_too_large_is_not_stored(tmp_path: Path, remote: Path) -> None:
    config = CONFIG.model_copy(update={"publish": CONFIG.publish.model_copy(update={"max_file_bytes": 1000})})
    root = project(remote, tmp_path / "a", 1)
    (root / "profiles" / "20261120_101501-baseline" / "heap.prof").write_bytes(bytes(1001))
    with pytest.raises(
        SiteError, match=r"a run cannot be published:\s+20261120_101501-baseline/heap\.prof has 1,001 B"
    ):
        publish(root, config)
    assert git(remote, "for-each-ref").count("\n") == 1


@pytest.mark.parametrize("kind", ["shallow", "inside", "worktree"])
def test_any_checkout_will_do(tmp_path: Path, remote: Path, kind: str) -> None:
    """A workflow's checkout of one commit, a project in a folder of its repository, a second worktree."""
    publish(project(remote, tmp_path / "first", 1))
    if kind == "shallow":
        git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{remote}", "c")
        root = tmp_path / "c"
    elif kind == "inside":
        root = clone(remote, tmp_path / "c") / "services" / "shop"
    else:
        git(clone(remote, tmp_path / "c"), "worktree", "add", "--quiet", "-b", "x", str(tmp_path / "w"))
        root = tmp_path / "w"
    write_run(root / "profiles", "20261120_101502-baseline", {"cpu.prof": b"2", "git~1/a\\b": b"odd"})
    publish(root)
    publish(root, pr=5)
    stored = branch_files(remote, "profbook-runs")
    assert stored["20261120_101502-baseline/git~1/a\\b"] == b"odd"
    site = branch_files(remote, "gh-pages")
    assert "runs/20261120_101501-baseline/index.html" in site
    assert "pr/5/runs/20261120_101502-baseline/index.html" in site
