"""Builds the site as the command does and prints, as JSON, the seconds of the stage, and those of it that go into pages
of runs and comparisons, and into all that is over time: the history, its search, its scripts and its two pages.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from pipeline import history, sites
from pipeline.__main__ import main
from pipeline.render import pages
from pipeline.site import build

SPENT = {"stage": 0.0, "pages": 0.0, "trends": 0.0}


def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    def run(*words: Any, **options: Any) -> Any:
        begun = time.process_time()
        try:
            return call(*words, **options)
        finally:
            SPENT[name] += time.process_time() - begun

    return run


if __name__ == "__main__":
    build.build_site, build.is_made = timed("stage", build.build_site), timed("stage", build.is_made)
    sites._run_part = timed("pages", sites._run_part)
    sites._comparison_part = timed("pages", sites._comparison_part)
    history.find, history.over_time = timed("trends", history.find), timed("trends", history.over_time)
    pages.trends_page = timed("trends", pages.trends_page)
    pages.functions_page = timed("trends", pages.functions_page)
    code = main(["site"])
    print(json.dumps(SPENT))
    sys.exit(code)
