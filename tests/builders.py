"""Values for tests, drawn small: profiles from lists of stacks, runs from dictionaries of files."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from pathlib import Path

from pipeline.proto import profile_pb2

Stack = Sequence[str]
"""Function names, root first, as one reads a flame graph."""


def pprof_message(
    samples: Sequence[tuple[Stack, Sequence[int]]],
    sample_types: Sequence[tuple[str, str]] = (("samples", "count"), ("cpu", "nanoseconds")),
    *,
    default_type: str = "",
    duration_nanos: int = 0,
    time_nanos: int = 1_700_000_000_000_000_000,
    files: dict[str, str] | None = None,
) -> profile_pb2.Profile:
    """Build a profile.proto message: one location and one function per name, one mapping."""
    message = profile_pb2.Profile()
    strings: dict[str, int] = {"": 0}

    def text(value: str) -> int:
        return strings.setdefault(value, len(strings))

    for kind, unit in sample_types:
        message.sample_type.add(type=text(kind), unit=text(unit))
    message.mapping.add(
        id=1, memory_start=0x400000, memory_limit=0x800000, filename=text("/bin/app"), has_functions=True
    )
    ids: dict[str, int] = {}
    for stack, values in samples:
        for name in stack:
            if name not in ids:
                ids[name] = len(ids) + 1
                file = (files or {}).get(name, f"{name.split('.')[0]}.go")
                message.function.add(id=ids[name], name=text(name), system_name=text(name), filename=text(file))
                location = message.location.add(id=ids[name], mapping_id=1, address=0x400000 + ids[name])
                location.line.add(function_id=ids[name], line=ids[name] * 10)
        message.sample.add(location_id=[ids[name] for name in reversed(stack)], value=list(values))
    message.time_nanos = time_nanos
    message.duration_nanos = duration_nanos
    message.default_sample_type = text(default_type) if default_type else 0
    message.string_table.extend(value.encode() for value in strings)
    return message


def pprof_bytes(
    samples: Sequence[tuple[Stack, Sequence[int]]],
    sample_types: Sequence[tuple[str, str]] = (("samples", "count"), ("cpu", "nanoseconds")),
    **facts: object,
) -> bytes:
    """Build a gzipped profile as a Go program would write it."""
    message = pprof_message(samples, sample_types, **facts)  # type: ignore[arg-type]
    return gzip.compress(message.SerializeToString(), mtime=0)


def write_run(profiles: Path, run_id: str, files: dict[str, bytes]) -> Path:
    """Write a run directory; keys are paths inside it."""
    for name, data in files.items():
        path = profiles / run_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return profiles / run_id
