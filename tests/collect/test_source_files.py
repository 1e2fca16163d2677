"""Storing the source of hot functions: what of a git checkout is read, and what never is."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect.adopt import import_paths
from pipeline.collect.clock import SystemClock
from pipeline.collect.record import Record
from pipeline.collect.rundir import RunFolder
from pipeline.collect.secrets import MASK
from pipeline.collect.source_files import permalink, store_source
from pipeline.decode.source_store import decode_source
from pipeline.model.config import Config
from pipeline.model.run import FileReport, Manifest
from pipeline.model.source import SourceStore
from tests.builders import pprof_message

CODE = "package api\n\nfunc Serve() {\n\tuse(1)\n\tuse(2)\n}\n\nfunc Idle() {}\n"
KEY = "ghp_" + "A1b2C3d4" * 4


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "core.hooksPath=/dev/null")
    done = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "shop" / "api").mkdir(parents=True)
    (root / "shop" / "go.mod").write_text("module example.com/shop\n\ngo 1.25\n")
    (root / "shop" / "api" / "api.go").write_text(CODE)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=start")
    return root


def heavy(files: dict[str, str], *, line: int = 4, start: int = 3) -> bytes:
    """Draw a CPU profile of functions in files, heaviest first."""
    message = pprof_message([([name], [1, 100 - place]) for place, name in enumerate(files)], files=files)
    for function in message.function:
        function.start_line = start
    for location in message.location:
        location.line[0].line = line
    return message.SerializeToString()


def stored(root: Path, data: bytes, /, **settings: Any) -> tuple[SourceStore | None, dict[str, str]]:
    """Store the source of a run with one profile; gives it, and the findings' evidence by code."""
    folder = RunFolder.reserve(root / "profiles", "x", SystemClock())
    folder.names["hunter2"] = MASK
    record = Record(Manifest(id=folder.id, label="x", started="", plan="phases"))
    folder.write("api/cpu.prof", data)
    folder.write("api/broken.prof", b"no profile")
    for name in ("cpu", "broken"):
        record.file(FileReport(f"api/{name}.prof", "api", "cpu", "during", "ok"))
    store_source(Config.model_validate({"source": {"store": True} | settings}), root, folder, record)
    place = folder.path / "source.json"
    folder.close()
    findings = {finding.code: finding.evidence for finding in record.manifest().findings}
    return decode_source(place.read_bytes()) if place.exists() else None, findings


SERVE = {"example.com/shop/api.Serve": "/build/shop/api/api.go"}


def test_a_hot_function_is_stored_with_its_commit(root: Path) -> None:
    git(root, "remote", "add", "origin", f"https://ann:{KEY}@github.com/example/shop.git")
    store, findings = stored(root, heavy(SERVE))
    assert findings == {}
    assert store is not None
    (file,) = store.files
    assert (file.path, file.dirty, file.line_count) == ("shop/api/api.go", False, 8)
    assert (store.commit, file.blob) == (git(root, "rev-parse", "HEAD"), git(root, "rev-parse", "HEAD:shop/api/api.go"))
    assert store.url == "https://github.com/example/shop/blob/{commit}/{path}#L{line}"
    assert [(one.name, one.first, one.last) for one in file.functions] == [("example.com/shop/api.Serve", 3, 6)]
    assert "\n".join(file.numbered().values()) == CODE.rstrip("\n")
    assert store.find("/build/shop/api/api.go") == file
    assert "/build/" not in json.dumps(repr(store))


def test_an_import_keeps_it(root: Path, tmp_path: Path) -> None:
    store, _ = stored(root, heavy(SERVE))
    folder = tmp_path / "brought"
    folder.mkdir()
    (folder / "cpu.prof").write_bytes(heavy(SERVE))
    (folder / "source.json").write_text(json.dumps(asdict(store)))  # type: ignore[arg-type]
    (outcome,), code = import_paths([folder], profiles=tmp_path / "runs", staging=tmp_path / "s", say=lambda _: None)
    kept = tmp_path / "runs" / outcome.run_id / "source.json"
    assert (code, decode_source(kept.read_bytes())) == (0, store)


def test_nothing_is_stored_unless_it_is_asked_for(root: Path) -> None:
    assert Config().source.store is False
    assert stored(root, heavy(SERVE), store=False) == (None, {})


def test_changes_are_stored_as_they_are_and_marked(root: Path) -> None:
    (root / "shop" / "api" / "api.go").write_text(CODE.replace("use(2)", "changed()"))
    store, _ = stored(root, heavy(SERVE))
    assert store is not None
    assert (store.files[0].dirty, store.files[0].blob) == (True, "")
    assert store.files[0].numbered()[5] == "\tchanged()"


def test_without_a_commit_everything_is_dirty(root: Path) -> None:
    git(root, "update-ref", "-d", "HEAD")
    store, _ = stored(root, heavy(SERVE))
    assert store is not None
    assert (store.commit, store.files[0].dirty) == ("", True)


def test_a_file_that_is_not_what_was_profiled_is_left_out(root: Path) -> None:
    (root / "shop" / "api" / "api.go").write_text("\n\n" + CODE)
    store, findings = stored(root, heavy(SERVE))
    assert (store, findings) == (None, {"source_differs": "example.com/shop/api.Serve"})


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../../../../etc/passwd",
        "/build/shop/api/untracked.go",
        "/build/shop/api/ignored.go",
        "/build/shop/api/link.go",
        "/build/shop/api/inner.go",
        "/build/shop/api/binary.go",
        "/build/shop/api/latin.go",
        "/build/shop/api/gone.go",
        "/build/shop/api/huge.go",
        "/build/shop/api/pipe.go",
        "/build/shop/.git/config",
    ],
)
def test_only_tracked_files_of_text_are_read(root: Path, tmp_path: Path, name: str) -> None:
    api = root / "shop" / "api"
    secret = "package api\n\nfunc Serve() {\n\tsecret()\n}\n"
    (tmp_path / "passwd").write_text(secret)
    (tmp_path / "inner.go").write_text(secret)
    (root / ".gitignore").write_text("ignored.go\n")
    (api / "link.go").symlink_to(tmp_path / "passwd")
    (api / "binary.go").write_bytes(b"\0" + secret.encode())
    (api / "latin.go").write_bytes(b"\xe9" + secret.encode())
    for made in ("gone.go", "inner.go", "pipe.go"):
        (api / made).write_text(secret)
    (api / "huge.go").write_text(secret + "x" * (5 << 20))
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=more")
    (api / "untracked.go").write_text(secret)
    (api / "ignored.go").write_text(secret)
    for made in ("gone.go", "inner.go", "pipe.go"):
        (api / made).unlink()
    os.mkfifo(api / "pipe.go")
    (api / "inner.go").symlink_to(tmp_path / "inner.go")
    store, findings = stored(root, heavy({"example.com/shop/api.Serve": name}))
    assert (store, set(findings)) == (None, {"no_source"})


def test_a_folder_that_became_a_link_is_not_left_through(root: Path, tmp_path: Path) -> None:
    (root / "shop" / "api").rename(tmp_path / "api")
    (root / "shop" / "api").symlink_to(tmp_path / "api")
    store, findings = stored(root, heavy(SERVE))
    assert (store, set(findings)) == (None, {"no_source"})


def test_keys_and_known_secrets_are_masked(root: Path) -> None:
    text = CODE.replace("use(1)", f'use("{KEY}")').replace("use(2)", 'use("hunter2")')
    (root / "shop" / "api" / "api.go").write_text(text)
    store, _ = stored(root, heavy(SERVE))
    assert store is not None
    assert [store.files[0].numbered()[line] for line in (4, 5)] == ['\tuse("***")', '\tuse("***")']


def test_limits(root: Path) -> None:
    many = "package api\n\n" + "".join(f"func F{n}() {{\n\tuse({n})\n}}\n\n" for n in range(300))
    (root / "shop" / "api" / "api.go").write_text(many)
    files = {f"example.com/shop/api.F{n}": "/b/api/api.go" for n in range(300)}
    message = pprof_message([([name], [1, 1000 - place]) for place, name in enumerate(files)], files=files)
    for place, function in enumerate(message.function):
        function.start_line = 3 + 4 * place
        message.location[place].line[0].line = 4 + 4 * place
    data = message.SerializeToString()
    few, findings = stored(root, data, functions=7)
    assert few is not None
    assert (len(few.files[0].functions), findings) == (7, {})
    short, findings = stored(root, data, functions=300, max_bytes=1024)
    assert short is not None
    assert "example.com/shop/api.F0" in [one.name for one in short.files[0].functions]
    assert sum(len(line) for line in short.files[0].numbered().values()) <= 1024
    assert set(findings) == {"source_cut"}


def test_outside_git_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "plain").mkdir()
    store, findings = stored(tmp_path / "plain", heavy(SERVE))
    assert store is None
    assert findings["no_source"] == "This is not a git checkout, or git cannot be run."


def test_another_root_may_be_named(root: Path) -> None:
    other = root.parent / "deploy"
    other.mkdir()
    store, _ = stored(
        other, heavy(SERVE), root="../work/shop", url="https://git.example.com/x/{commit}/{path}?l={line}"
    )
    assert store is not None
    assert (store.files[0].path, store.url[:23]) == ("shop/api/api.go", "https://git.example.com")


def test_a_fault_never_loses_the_run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("too much")

    monkeypatch.setattr("pipeline.collect.source_files.hot_functions", fail)
    store, findings = stored(root, heavy(SERVE))
    assert (store, findings) == (None, {"no_source": "MemoryError: too much"})


@pytest.mark.parametrize(
    ("remote", "link"),
    [
        ("git@github.com:o/r.git", "https://github.com/o/r/blob/{commit}/{path}#L{line}"),
        ("https://GitHub.com/o/r", "https://github.com/o/r/blob/{commit}/{path}#L{line}"),
        ("https://u:p@github.com/o/r.git", "https://github.com/o/r/blob/{commit}/{path}#L{line}"),
        ("ssh://git@github.com:22/o/r.git", "https://github.com/o/r/blob/{commit}/{path}#L{line}"),
        ("git@gitlab.com:o/sub/r.git", "https://gitlab.com/o/sub/r/-/blob/{commit}/{path}#L{line}"),
        ("https://gitlab.example.com/o/r/", "https://gitlab.example.com/o/r/-/blob/{commit}/{path}#L{line}"),
        ("https://example.com/o/r", ""),
        ("/srv/git/r.git", ""),
        ("file:///srv/github.com/o/r", ""),
        ("https://github.com.evil.org/o/r", ""),
        ("", ""),
    ],
)
def test_links_are_worked_out_from_the_remote(remote: str, link: str) -> None:
    assert permalink(remote) == link


@pytest.mark.parametrize("url", ["http://u:p@h/{path}", "javascript:x", 'https://h/"', "https://h/{other}", "h/{path}"])
def test_other_links_are_refused_in_the_settings(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Config.model_validate({"source": {"url": url}})
