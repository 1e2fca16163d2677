"""Source text for list reports: confined to what a run stored and to folders that were named."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DecodeError
from pipeline.model.source import Extract, FileText, SourceFile, SourceStore, name_digest
from pipeline.store.source_text import find_store, stored_text, text_below

FILE = SourceFile("a.go", "", True, "ab" * 32, 9, (name_digest("/build/a.go"),), (), (Extract(2, ("x", "y")),))
STORE = SourceStore("", "", (FILE,))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("secret\n")
    root = tmp_path / "src"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.go").write_bytes(b"package a\r\n\tx\xff\n\nlast")
    (root / "out").symlink_to(tmp_path)
    (root / "leak.go").symlink_to(tmp_path / "secret")
    (root / "inside.go").symlink_to(root / "pkg" / "a.go")
    os.mkfifo(root / "pipe.go")
    return root


def test_a_file_below_is_read(root: Path) -> None:
    text = text_below(f"/nowhere:{root}", "pkg/a.go")
    assert text == FileText({1: "package a", 2: "\tx\ufffd", 3: "", 4: "last"}, 4)
    assert text_below(str(root), str(root / "pkg/a.go")) == text
    assert text_below(str(root), "inside.go") == text


@pytest.mark.parametrize(
    "sought", ["../secret", "pkg/../../secret", "out/secret", "leak.go", "pipe.go", "pkg", "no.go", "a\0b", "x" * 5000]
)
def test_nothing_else_is(root: Path, sought: str) -> None:
    assert text_below(str(root), sought) == FileText({}, 0, f"could not find file {sought} on path {root}")


@pytest.mark.parametrize("sought", ["/etc/passwd", "/secret", "/"])
def test_absolute_paths_elsewhere_are_not_opened(root: Path, sought: str) -> None:
    assert text_below(str(root), sought).error == f"open {sought}: no such file or directory"


@pytest.mark.property
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("./aputosecret\\"), max_size=30))
def test_no_path_leads_out(root: Path, sought: str) -> None:
    assert "secret" not in text_below(str(root), sought).lines.values()


def test_the_store_of_a_run_is_found_from_its_profiles(tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "api").mkdir(parents=True)
    (run / "source.json").write_text(json.dumps(asdict(STORE)))
    assert find_store(run / "api" / "cpu.pprof") == STORE
    assert find_store(run / "cpu.pprof") == STORE
    assert find_store(run / "api" / "deep" / "cpu.pprof") is None
    assert find_store(tmp_path / "cpu.pprof") is None


def test_a_store_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(json.dumps(asdict(STORE)))
    (tmp_path / "source.json").symlink_to(tmp_path / "elsewhere")
    assert find_store(tmp_path / "cpu.pprof") is None


def test_a_bad_store_is_told(tmp_path: Path) -> None:
    (tmp_path / "source.json").write_text("{}")
    with pytest.raises(DecodeError, match="Stored source"):
        find_store(tmp_path / "cpu.pprof")


def test_stored_lines_are_found_by_the_profile_s_name() -> None:
    assert stored_text(STORE, ("/other/a.go", "/build/a.go")) == FileText({2: "x", 3: "y"}, 9)
    assert stored_text(STORE, ("a.go",)) is None
