"""Where things are on the site: addresses of pages and files, and the way from one page to another. Pure.

Rules: addresses are stable, other people link to them. Links between our pages are relative and name ``index.html``,
so that they work from ``file://``. A path out of a run is percent-encoded; one that would leave its folder has no
address.
"""

from __future__ import annotations

import re
from typing import Final

from pipeline.model import layout
from pipeline.model.record import ProfileRecord
from pipeline.model.run import DEFAULT_COMPONENT
from pipeline.model.verdict import Comparison
from pipeline.render import encode
from pipeline.render.payload import ENDINGS

EXPLORER: Final = "explore/"
"""Address of the explorer, from the site's root."""

TRENDS: Final = "trends/"
FUNCTIONS: Final = "functions/"
"""Addresses of the pages over time, from the site's root."""

DECISIONS: Final = "decisions/"
"""Address of the list of decisions, from the site's root."""


def run_page(run_id: str) -> str:
    """Address of a run's page, from the site's root."""
    return f"runs/{encode.safe_name(run_id)}/"


def flame_page(run_id: str) -> str:
    """Address of a run's flame graph by itself, from the site's root."""
    return f"{run_page(run_id)}flame/"


def compare_page(comparison: Comparison) -> str:
    """Address of a comparison's page, from the site's root."""
    return compared_page(comparison.base_label, comparison.head_label)


def compared_page(base: str, head: str) -> str:
    """Address of the page that compares two labels, from the site's root."""
    return f"compare/{_side(base)}..{_side(head)}/"


def _side(side: str) -> str:
    """Write a side as a part of an address: a label, or the runs of one of its commits."""
    found = re.fullmatch(r"(.*)@([0-9a-f]{4,64})", side, re.DOTALL)
    return f"{encode.safe_name(found[1])}@{found[2]}" if found else encode.safe_name(side)


def decision_page(name: str) -> str:
    """Address of a decision's page, from the site's root."""
    return f"{DECISIONS}{encode.safe_name(name)}/"


def matrix_page(base: str) -> str:
    """Address of the page that holds all attempts against one base, from the site's root."""
    return f"matrix/{_side(base)}/"


def to_page(url: str, *, root: str) -> str:
    """Link a page, from a page whose way to the root is ``root`` (``../../``)."""
    return f"{root}{url}index.html"


def root_of(url: str) -> str:
    """Say the way from a page to the site's root."""
    return "../" * url.count("/")


def is_safe_path(path: str) -> bool:
    """Tell whether a path inside a run may become a path inside the site."""
    parts = path.split("/")
    return bool(path) and "\\" not in path and "\0" not in path and all(part not in {"", ".", ".."} for part in parts)


def raw_file(run_id: str, path: str) -> str:
    """Place of a raw file under the site: ``runs/<run>/raw/<component>/<file>``; empty when it may have none.

    A file at the root of the run belongs to the component a single service has.
    """
    if not is_safe_path(path):
        return ""
    within = path if "/" in path else f"{DEFAULT_COMPONENT}/{path}"
    return f"{run_page(run_id)}raw/{within}"


def endpoint(run_id: str, profile: ProfileRecord) -> str:
    """Place where ``go tool pprof URL`` finds a profile: ``runs/<run>/<component>/debug/pprof/<endpoint>``."""
    component = profile.component or DEFAULT_COMPONENT
    if not is_safe_path(component) or profile.kind not in layout.ENDPOINTS:
        return ""
    return f"{run_page(run_id)}{component}/debug/pprof/{layout.endpoint(profile.kind)}"


def data_files(tree: str) -> tuple[str, ...]:
    """Places of a profile's data scripts under the site: its call tree, and its samples.

    In folders by the first two digits: one folder of all profiles of thousands of runs would be looked at as a whole.
    """
    return tuple([f"{data_unit(tree)}/{tree}{ending}" for ending in ENDINGS])


def data_unit(tree: str) -> str:
    """Name the folder of a profile's data scripts."""
    return f"data/{tree[:2]}"


def metric_history(label: str, component: str, metric: str) -> str:
    """Link the history of a metric, from the site's root."""
    return to_page(TRENDS, root="") + _fields(label=label, component=component, metric=metric)


def function_history(label: str, component: str, sample_type: str, function: str) -> str:
    """Link the history of a function, from the site's root."""
    return to_page(FUNCTIONS, root="") + _fields(label=label, component=component, type=sample_type, f=function)


def _fields(**values: str) -> str:
    return "#" + "&".join(f"{key}={encode.fragment_value(encode.visible(text))}" for key, text in values.items())


def explore(run_id: str, path: str = "", *, root: str, base: tuple[str, str] | None = None, fragment: str = "") -> str:
    """Link a profile in the explorer, or with ``base`` (run, path) a pair; ``fragment`` is the view's own part.

    Without a path the explorer chooses one: CPU first, and for a base what is like the other side.
    """
    query = f"?p={_profile(run_id, path)}" + (f"&base={_profile(*base)}" if base else "")
    return f"{to_page(EXPLORER, root=root)}{query}{fragment}"


def _profile(run_id: str, path: str) -> str:
    run = encode.safe_name(run_id)
    return encode.url_path(f"{run}/{path}" if path else run)
