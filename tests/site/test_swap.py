from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.site import swap

LOOP = """
import itertools, shutil, sys
from pathlib import Path
from pipeline.site import swap
root = Path(sys.argv[1])
if sys.argv[2] == "renames":
    swap._exchange = lambda first, second: False
print("ready", flush=True)
for turn in itertools.count():
    swap.recover(root / "site", root / "staging")
    new = root / "staging" / "site"
    for name in range(20):
        path = new / f"d{name % 3}" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("same" if name % 2 else str(turn))
    swap.swap_in(new, root / "site")
    shutil.rmtree(root / "staging")
"""


def _tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _texts(folder: Path) -> dict[str, str]:
    return {p.relative_to(folder).as_posix(): p.read_text() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("exchange", [True, False])
def test_the_new_tree_replaces_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exchange: bool) -> None:
    if not exchange:
        monkeypatch.setattr(swap, "_exchange", lambda _first, _second: False)
    _tree(tmp_path / "site", {"same": "1", "changed": "1", "gone/x": "1"})
    new = _tree(tmp_path / "staging" / "site", {"same": "1", "changed": "2", "fresh/y": "2"})
    swap.swap_in(new, tmp_path / "site")
    assert _texts(tmp_path / "site") == {"same": "1", "changed": "2", "fresh/y": "2"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["site", "staging"]


def test_the_first_site_needs_no_old_one(tmp_path: Path) -> None:
    new = _tree(tmp_path / "staging" / "site", {"a": "1"})
    swap.swap_in(new, tmp_path / "deep" / "site")
    assert _texts(tmp_path / "deep" / "site") == {"a": "1"}


def test_recover_brings_back_the_old_site_and_clears_leftovers(tmp_path: Path) -> None:
    _tree(tmp_path / ".site.old", {"a": "1"})
    _tree(tmp_path / "staging", {"b": "1"})
    swap.recover(tmp_path / "site", tmp_path / "staging")
    assert _texts(tmp_path / "site") == {"a": "1"}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["site"]


@pytest.mark.parametrize("way", ["exchange", "renames"])
def test_a_killed_swap_leaves_one_whole_site(tmp_path: Path, way: str) -> None:
    chance = random.Random(7)
    for _ in range(8):
        with subprocess.Popen([sys.executable, "-c", LOOP, str(tmp_path), way], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(chance.uniform(0.005, 0.15))
            os.kill(child.pid, signal.SIGKILL)
        if way == "renames":
            swap.recover(tmp_path / "site", tmp_path / "nothing")
        if not (tmp_path / "site").exists():
            continue  # killed before the first swap
        texts = _texts(tmp_path / "site")
        assert len(texts) == 20
        assert len(set(texts.values()) - {"same"}) == 1
