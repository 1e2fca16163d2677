"""Checkouts of two commits: named safely, gone afterwards, and never in the way of the user's own."""

from __future__ import annotations

import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from pipeline.collect.worktree import Ref, remove_leftovers, resolve, worktrees
from pipeline.errors import CollectError, UsageError

SHA = "0123456789abcdef0123456789abcdef01234567"


def git(root: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def repository(root: Path) -> Path:
    """Two commits: ``base`` and ``head`` hold their own name in ``version``, in the root and below ``sub``."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    for name in ("base", "head"):
        for folder in (root, root / "sub"):
            folder.mkdir(exist_ok=True)
            (folder / "version").write_text(name)
        git(root, "add", "version", "sub")
        git(root, "commit", "--quiet", "-m", name)
        git(root, "tag", name)
    return root


def trees(root: Path) -> list[str]:
    return [line for line in git(root, "worktree", "list", "--porcelain").splitlines() if line.startswith("worktree")]


def test_both_commits_are_checked_out_and_gone_afterwards(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    (root / "version").write_text("changed, not committed")
    before = git(root, "status", "--porcelain", "--branch")
    refs = [resolve(root, "base"), resolve(root, "main")]
    with worktrees(root, refs, root / "build/worktrees") as places:
        assert [(place / "version").read_text() for place in places] == ["base", "head"]
        assert [git(place, "rev-parse", "HEAD") for place in places] == [ref.sha for ref in refs]
    assert not (root / "build/worktrees").exists()
    assert len(trees(root)) == 1
    assert git(root, "status", "--porcelain", "--branch") == before
    assert (root / "version").read_text() == "changed, not committed"


def test_a_project_below_the_top_of_its_repository(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo") / "sub"
    with worktrees(root, [resolve(root, "base")], root / "build/worktrees") as (place,):
        assert place.name == "sub"
        assert (place / "version").read_text() == "base"


@pytest.mark.parametrize("error", [KeyboardInterrupt, CollectError("x"), SystemExit])
def test_they_are_gone_whatever_ends_the_block(tmp_path: Path, error: BaseException) -> None:
    root = repository(tmp_path / "repo")
    with suppress(BaseException), worktrees(root, [resolve(root, "base")], root / "trees"):
        (root / "trees" / "bin").mkdir()
        raise error
    assert not (root / "trees").exists()
    assert len(trees(root)) == 1


def test_what_a_killed_process_left_is_removed_at_the_next_start(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    folder = root / "trees"
    git(root, "worktree", "add", "--detach", str(folder / "1-old"), "base")
    git(root, "worktree", "lock", str(folder / "1-old"))
    (folder / "1-old" / "made").write_text("x")
    (folder / "bin-old").mkdir()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").touch()
    (folder / "link").symlink_to(outside)
    with worktrees(root, [resolve(root, "head")], folder):
        assert [path.name for path in folder.iterdir()] == [f"1-{resolve(root, 'head').sha[:12]}"]
    assert (outside / "keep").exists()
    assert len(trees(root)) == 1


def test_a_folder_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "keep").mkdir()
    (root / "trees").symlink_to(tmp_path / "other")
    remove_leftovers(root, root / "trees")
    assert (tmp_path / "other" / "keep").is_dir()


def test_no_hook_is_run(tmp_path: Path) -> None:
    root = repository(tmp_path / "repo")
    hook = root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    hook.chmod(0o755)
    with worktrees(root, [resolve(root, "base")], root / "trees"):
        pass
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["nowhere", "--all", "-h", "base..head", "", "base:version", "x\ny"])
def test_what_is_no_commit_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="git knows no commit"):
        resolve(repository(tmp_path), name)


def test_without_a_repository_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="not in a git repository"):
        resolve(tmp_path, "main")


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CollectError, match="git is not installed"):
        resolve(tmp_path, "main")


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("main", "main"),
        ("origin/no-memory-pools", "no-memory-pools"),
        ("refs/heads/feature/a b", "feature-a-b"),
        ("v1.2.0", "v1.2.0"),
        (SHA, SHA[:12]),
        ("HEAD~2", SHA[:12]),
        ("main@{1}", SHA[:12]),
        ("...", SHA[:12]),
    ],
)
def test_labels_are_names_made_safe(name: str, label: str) -> None:
    assert Ref(name, SHA).label == label
