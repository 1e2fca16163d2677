"""Where a run was taken: the commit and whether it is clean, the runtime's settings, the machine; nothing else."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline.collect.environment import read_environment
from pipeline.collect.process import child_env

ENV = {"GOGC": "50", "GOMAXPROCS": "2", "GOMEMLIMIT": "1GiB", "SECRET": "hunter2"}


def git(root: Path, *words: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True)


def repository(root: Path) -> Path:
    git(root, "init", "-b", "trunk")
    (root / "main.go").write_text("package main\n")
    git(root, "add", ".")
    git(root, "commit", "-m", "first")
    return root


def test_commit_branch_and_cleanness(tmp_path: Path) -> None:
    root = repository(tmp_path)
    seen = read_environment(root)
    assert (len(seen.git_sha), seen.git_branch, seen.git_dirty) == (40, "trunk", False)
    (root / "main.go").write_text("package main // changed\n")
    assert read_environment(root).git_dirty is True


def test_runs_do_not_make_a_checkout_dirty(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "profiles").mkdir()
    (root / "profiles" / "new").write_text("x")
    assert read_environment(root, ignore=root / "profiles").git_dirty is False
    assert read_environment(root).git_dirty is True
    (root / "new.go").write_text("x")
    assert read_environment(root, ignore=root / "profiles").git_dirty is True


@pytest.mark.parametrize("folder", [".", "services/größe"])
def test_what_is_built_does_not_make_a_checkout_dirty(tmp_path: Path, folder: str) -> None:
    root = repository(tmp_path) / folder
    (root / "build" / "bin").mkdir(parents=True)
    (root / "go.mod").write_text("module shop\n")
    git(tmp_path, "add", str(root / "go.mod"))
    git(tmp_path, "commit", "-m", "module")
    (root / "build" / "bin" / "shop").write_text("x")
    assert read_environment(root).git_dirty is False
    (root / "build" / "Dockerfile").write_text("FROM scratch\n")
    git(tmp_path, "add", str(root / "build" / "Dockerfile"))
    assert read_environment(root).git_dirty is True, "a file that git knows is theirs"
    git(tmp_path, "commit", "-m", "second")
    assert read_environment(root).git_dirty is False
    (root / "build" / "Dockerfile").write_text("FROM golang\n")
    assert read_environment(root).git_dirty is True


def test_new_files_elsewhere_named_build_make_it_dirty(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "pkg" / "build").mkdir(parents=True)
    (root / "pkg" / "build" / "plan.go").write_text("package build\n")
    assert read_environment(root).git_dirty is True


def test_no_repository_is_no_fault(tmp_path: Path) -> None:
    seen = read_environment(tmp_path)
    assert (seen.git_sha, seen.git_branch, seen.git_dirty) == ("", "", None)


def test_runtime_settings_come_from_the_environment_of_the_service(tmp_path: Path) -> None:
    seen = read_environment(tmp_path, child_env(ENV))
    assert (seen.gogc, seen.gomaxprocs, seen.gomemlimit) == ("50", "2", "1GiB")
    assert "hunter2" not in str(asdict(seen))
    assert read_environment(tmp_path).go_version == ""


def test_machine_is_described(tmp_path: Path) -> None:
    seen = read_environment(tmp_path)
    assert seen.cpu_count > 0
    assert seen.kernel


def test_broken_tools_leave_facts_empty(tmp_path: Path) -> None:
    for name in ("go", "git"):
        (tmp_path / name).write_text("#!/bin/sh\necho nonsense\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    program = tmp_path / "service"
    program.write_bytes(b"\x7fELF")
    assert read_environment(tmp_path, {"PATH": str(tmp_path)}, program=program).go_version == ""


def test_a_branch_knows_the_commit_it_left_the_main_branch_at(tmp_path: Path) -> None:
    """The main branch may be known by another's name for it, as in a checkout of a pull request."""
    root = repository(tmp_path)
    first = read_environment(root)
    assert first.git_merge_base == ""
    git(root, "checkout", "-b", "topic")
    (root / "more").touch()
    git(root, "add", ".")
    git(root, "commit", "-m", "second")
    assert read_environment(root).git_merge_base == ""
    for name in ("refs/heads/main", "refs/remotes/origin/main"):
        git(root, "update-ref", name, first.git_sha)
        assert read_environment(root).git_merge_base == first.git_sha
        git(root, "update-ref", "-d", name)
