"""Keys: what a derived thing was computed from, as one digest. Never a modification time.

A key covers the input bytes, the settings that matter, the code that does the work (its text), the versions of the
libraries it rests on, and the format number. Equal keys mean equal results, so the work need not be done again.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final

from pipeline.model.config import CompareConfig, Config
from pipeline.model.record import RECORD_FORMAT
from pipeline.store.rules import rules_of

PACKAGE: Final = Path(__file__).resolve().parent.parent
_GROUND: Final = ("__init__.py", "derive.py", "errors.py", "model", "stages.py", "store", "units.py")
_DRAWN: Final = (
    "render/encode.py",
    "render/flame.py",
    "render/heaviest.py",
    "render/payload.py",
    "render/pprof_proto.py",
)
_SUMMARY: Final = ("render/run_cells.py", "render/state.py", "render/summary.py")
DERIVE_CODE: Final = (*_GROUND, "analysis", "decode", "proto", "scrubbing.py", *_DRAWN, *_SUMMARY)
COMPARE_CODE: Final = (*_GROUND, "analysis/metrics.py", "compare")
HISTORY_CODE: Final = (*COMPARE_CODE, "history.py")
SITE_CODE: Final = (".",)
_DERIVE_LIBRARIES: Final = ("numpy", "protobuf")
_COMPARE_LIBRARIES: Final = ("numpy",)
_SITE_LIBRARIES: Final = (*_DERIVE_LIBRARIES, "altair", "jinja2", "mkdocs", "mkdocs-material", "vl-convert-python")


def digest(*parts: object) -> str:
    """Make one SHA-256 of JSON-able parts; different parts never run together."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def of_files(root: Path, paths: Iterable[Path]) -> str:
    """Make one digest of files: their paths below ``root`` and their bytes."""
    named = sorted((path.relative_to(root).as_posix(), path) for path in paths)
    return digest([(name, hashlib.sha256(path.read_bytes()).hexdigest()) for name, path in named])


@cache
def of_code(parts: tuple[str, ...], package: Path = PACKAGE) -> str:
    """Make one digest of the Python text of some modules and folders of the package."""
    found: set[Path] = set()
    for part in parts:
        place = package / part
        found.update([place] if place.is_file() else place.rglob("*.py"))
    return of_files(package, found)


@cache
def of_folder(folder: Path) -> str:
    """Make one digest of a folder of templates."""
    return of_files(folder, (path for path in folder.rglob("*") if path.is_file()))


@cache
def of_libraries(names: tuple[str, ...]) -> str:
    """Name the versions of Python and of some libraries."""
    return digest(sys.version_info[:3], [(name, metadata.version(name)) for name in names])


def derive_key(run_digest: str, config: Config) -> str:
    """Make the key of one run's record; ``run_digest`` covers its id, its files and what reading it doubted."""
    return derive_keys(config)(run_digest)


def derive_keys(config: Config) -> Callable[[str], str]:
    """Make what makes the keys of many records: all but the digest of the run is the same for them."""
    budgets = {name: asdict(budget) for name, budget in config.budgets.items()}
    settings = [
        config.limits.model_dump(mode="json"),
        budgets,
        config.leak.model_dump(mode="json"),
        asdict(config.cost),
        config.redact.model_dump(mode="json"),
        config.site.raw_profiles,
    ]
    terms = digest("derive", RECORD_FORMAT, settings, of_code(DERIVE_CODE), of_libraries(_DERIVE_LIBRARIES))
    return lambda run_digest: hashlib.sha256(f"{terms} {run_digest}".encode()).hexdigest()


def compare_key(pair: CompareConfig, base: Sequence[str], head: Sequence[str], config: Config | None = None) -> str:
    """Make the key of a comparison from the keys of the records on either side, in run order, and what the settings
    judge it by.
    """
    config = config or Config()
    terms = [config.comparison.model_dump(mode="json"), [rule.model_dump(mode="json") for rule in rules_of(config)]]
    settings = [pair.model_dump(mode="json"), terms]
    code = (of_code(COMPARE_CODE), of_libraries(_COMPARE_LIBRARIES))
    return digest("compare", RECORD_FORMAT, settings, list(base), list(head), code)


def of_records(keys: Mapping[str, str]) -> str:
    """Make one digest of the keys of records, by run."""
    return digest("records", sorted(keys.items()))


def history_key(records: str, config: Config) -> str:
    """Make the key of the history from the digest of its records (`of_records`)."""
    code = (of_code(HISTORY_CODE), of_libraries(_COMPARE_LIBRARIES))
    return digest("history", RECORD_FORMAT, records, config.history.model_dump(mode="json"), code)


def label_key(older: int, runs: Sequence[tuple[str, str]], config: Config) -> str:
    """Make the key of one label's search from its runs in order, each with the key of its record, and how many older
    ones are left out.
    """
    code = (of_code(HISTORY_CODE), of_libraries(_COMPARE_LIBRARIES))
    return digest("label", RECORD_FORMAT, older, list(runs), config.history.model_dump(mode="json"), code)


def template_key() -> str:
    """Make the key of what templates are compiled to, their texts aside; what filters say of constants is in it."""
    return digest("template", of_code(SITE_CODE), of_libraries(_SITE_LIBRARIES))


def page_key(*parts: object, templates: Iterable[Path]) -> str:
    """Make the key of a kind of page from what all pages of it share, and the folders of its templates."""
    code = (of_code(SITE_CODE), [of_folder(folder) for folder in templates], of_libraries(_SITE_LIBRARIES))
    return digest("page", RECORD_FORMAT, parts, code)


def site_key(records: str, comparisons: Mapping[str, str], config: Config, templates: Path) -> str:
    """Make the key of the site from the digest of the records (`of_records`) and the keys of comparisons, by slug."""
    settings = config.model_dump(mode="json")
    code = (of_code(SITE_CODE), of_folder(templates), of_libraries(_SITE_LIBRARIES))
    return digest("site", RECORD_FORMAT, records, dict(comparisons), settings, code)
