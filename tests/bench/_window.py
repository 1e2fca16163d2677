"""A window of the browser as a reader has one: open for a while before a page is asked for, but with an empty cache.

Chromium's own interface is made of pages, too: what those of a new window cost would be counted to whatever is loaded
in it first.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

STEP = 0.2
STILL = 0.01
"""Seconds of processor time in a step, of all the browser's processes, up to which it rests."""
PATIENCE = 50
"""Steps after which a page is asked for nevertheless."""


@contextmanager
def window(browser: Any) -> Iterator[Any]:
    """Open a page with an empty cache, in a window that has come to rest."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = context.new_page()
        _rest(browser)
        yield page
    finally:
        context.close()


def _rest(browser: Any) -> None:
    channel = browser.new_browser_cdp_session()
    spent = _processor_time(channel)
    for _ in range(PATIENCE):
        time.sleep(STEP)
        before, spent = spent, _processor_time(channel)
        if spent - before <= STILL:
            break
    channel.detach()


def _processor_time(channel: Any) -> float:
    return sum(one["cpuTime"] for one in channel.send("SystemInfo.getProcessInfo")["processInfo"])
