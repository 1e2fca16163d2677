"""The live page in a real browser: a run that is being taken, with hostile names, and none."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import serving
from pipeline.model.config import Config
from pipeline.render.live_page import live_page
from pipeline.site.live import LiveServer
from pipeline.site.templates import read_templates, templates_dir
from tests.builders import pprof_bytes
from tests.test_serving import PARTIAL, collecting

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=alert(1)>main.</script>"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve the live page of a project whose collector has written three heaps."""
    folder = collecting(tmp_path, 3)
    evil = pprof_bytes([((EVIL,), (1, 4 << 20))], (("inuse_objects", "count"), ("inuse_space", "bytes")))
    (folder / "api/heap3.pprof").write_bytes(evil)
    page, state = live_page(read_templates(templates_dir())), serving.Live(tmp_path, Config()).state
    server = LiveServer(0, tmp_path, page, state, lambda: "1")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield tmp_path, f"{server.address}live/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_run_that_is_being_taken_and_then_none(live: tuple[Path, str], page: Any) -> None:
    root, address = live
    page.goto(address)
    page.get_by_text("5 profiles so far").wait_for()
    assert "heap in use 4 MB" in page.inner_text("#series")
    assert "goroutines 7" in page.inner_text("#series")
    assert page.locator("#series svg polyline").get_attribute("points").count(",") == 4
    assert EVIL in page.inner_text("#top")
    assert "step 3 of 9" in page.inner_text("#load")
    shutil.rmtree(root / "profiles" / PARTIAL)
    page.get_by_text("No run is being taken").wait_for()
