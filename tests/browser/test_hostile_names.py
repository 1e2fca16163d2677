"""Hostile names on the site and in the one-file page: nothing runs, and every name is shown as it is."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import tasks
from pipeline.__main__ import main
from pipeline.render import encode
from tests.builders import pprof_bytes, write_run
from tests.hostile import hostile_names

pytestmark = pytest.mark.browser
RUN = "20260101_000000-baseline"
EACH = 10
"""How many functions a table shows."""
CELLS = "[...document.querySelectorAll('.pb-table--top th[scope=row]')].map((cell) => cell.textContent)"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a site of a run whose functions, labels and notes have hostile names; each component has some of them."""
    root = tmp_path_factory.mktemp("hostile")
    names, files = hostile_names(), {}
    for start in range(0, len(names), EACH):
        some = names[start : start + EACH]
        samples = [((name,), (1, 1000 - place)) for place, name in enumerate(some)]
        files[f"part{start:03}/cpu.prof"] = pprof_bytes(samples, files=dict(zip(some, some, strict=True)))
    files["README.md"] = "\n".join(names).encode()
    write_run(root / "profiles", RUN, files)
    tasks.forget()
    with contextlib.chdir(root), contextlib.redirect_stdout(io.StringIO()):
        main(["site"])
        tasks.forget()
        assert main(["export", "html", RUN, "--out", "build/site/one.html"]) == 0
    return root


@pytest.mark.parametrize("place", [f"runs/{RUN}/index.html", "one.html", "index.html", "runs/index.html"])
def test_nothing_runs_and_every_name_is_shown(built: Path, page: Any, place: str) -> None:
    page.add_init_script("window.__ran = []")
    page.goto((built / "build" / "site" / place).as_uri())
    page.wait_for_timeout(300)
    shown = page.evaluate(CELLS)
    if "index" not in place or RUN in place:
        record = json.loads((built / "build" / "derived" / RUN / "record.json").read_text())["body"]
        rows = [row["name"] for one in record["profiles"] for row in one["tables"][1]["rows"]]
        assert len(rows) >= 400
        assert set(shown) == {encode.visible(row) for row in rows}
    assert page.evaluate("window.__ran") == []
