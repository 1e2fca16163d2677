from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.render import links
from tests.records import comparison, profile


def test_addresses() -> None:
    assert links.run_page("20260102_030405-x") == "runs/20260102_030405-x/"
    assert links.compare_page(comparison()) == "compare/baseline..optimized/"
    assert links.to_page("runs/x/", root="../") == "../runs/x/index.html"
    assert links.root_of("runs/x/") == "../../"


def test_a_side_may_be_the_runs_of_one_commit() -> None:
    address = links.compare_page(comparison(base_label="main@0123abc", head_label="a/b@0123abc"))
    assert re.fullmatch(r"compare/main@0123abc\.\.a-b-[0-9a-f]{8}@0123abc/", address)
    for odd in ("main@", "main@xyz", "main@<b>", "@0123abc", "main@0123abc\n", "main@../x"):
        assert re.fullmatch(
            r"compare/[A-Za-z0-9-]+(@0123abc)?\.\.optimized/", links.compare_page(comparison(base_label=odd))
        )


def test_a_label_cannot_leave_its_folder() -> None:
    address = links.compare_page(comparison(base_label="../../etc", head_label="a/b"))
    assert address.count("/") == 2
    assert "../" not in address


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/./b", "a\\b", "a\0b"])
def test_a_path_that_leaves_the_run_has_no_address(path: str) -> None:
    assert links.raw_file("run", path) == ""
    assert links.endpoint("run", profile(component=path)) == "" or path == ""


def test_raw_files_and_endpoints() -> None:
    assert links.raw_file("run", "cpu.prof") == "runs/run/raw/service/cpu.prof"
    assert links.raw_file("run", "shop/cpu.prof") == "runs/run/raw/shop/cpu.prof"
    assert links.endpoint("run", profile(kind="cpu")) == "runs/run/service/debug/pprof/profile"
    assert links.endpoint("run", profile(kind="other")) == ""


@pytest.mark.parametrize("path", ["heap-after.prof", "a b/c&d=#?%.prof", "ä/\u202e.prof", "<x>"])
def test_a_link_brings_back_run_and_path(path: str) -> None:
    link = links.explore("run-a", path, root="../../", base=("run-b", path), fragment="#v=top")
    assert re.fullmatch(r"\.\./\.\./explore/index\.html\?p=[\x21-\x7e]*&base=[\x21-\x7e]*#v=top", link)
    assert not re.search(r"[<>\"' ]", link)
    assert parse_qs(urlsplit(link).query) == {"p": [f"run-a/{path}"], "base": [f"run-b/{path}"]}


def test_a_run_alone_is_linked_too() -> None:
    assert links.explore("run-a", root="") == "explore/index.html?p=run-a"
    assert links.explore("run-a", root="", base=("run-b", "")) == "explore/index.html?p=run-a&base=run-b"
