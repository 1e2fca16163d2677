"""The plans that run programs from start to end instead of profiling services: ``program`` and ``bench``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pipeline.collect.gobench import check_bench, run_bench
from pipeline.collect.programs import check_programs, run_programs
from pipeline.collect.taking import Session
from pipeline.collect.timing import Workplace
from pipeline.model.config import Config

PASSES: Final[Mapping[str, Callable[[Session, Workplace], None]]] = {"program": run_programs, "bench": run_bench}


def check_passes(config: Config) -> None:
    """Refuse programs or benchmarks that cannot be run as configured. Raises ConfigError."""
    {"program": check_programs, "bench": check_bench}[config.collect.plan](config)
