"""Memory maps of legacy profiles: /proc/self/maps lines -> mappings, and the mapping of each address.

Rules: the same lines are understood, the same neighbours joined and the same guesses made as by pprof: the first
mapping is the program, an address in no mapping gets one that covers everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.decode.legacy_text import MASK, SPACE, Lines, is_map_sentinel
from pipeline.model.profile import Mapping

_S = r"[\t\n\f\r ]"
"""White space of Go's expressions: without the vertical tab, unlike Python's."""
_HEX = r"(?:0x)?([0-9A-Fa-f]+)"
_RANGE = rf"^{_S}*{_HEX}[\t\n\f\r -]?{_S}*{_HEX}:?(?:{_S}+([-rwxp]+))?"
_NAME = rf"(?:{_S}+([^\t\n\f\r ]+))?"
_PROC_MAPS = re.compile(rf"{_RANGE}(?:{_S}+([0-9A-Fa-f]+))?{_S}+[0-9A-Fa-f]+:[0-9A-Fa-f]+{_S}+[0-9]+{_NAME}")
_BRIEF_MAPS = re.compile(rf"{_RANGE}{_NAME}(?:{_S}+\(@([0-9A-Fa-f]+)\))?(?:{_S}+([0-9A-Fa-f]+))?")
_LONG_HEX = re.compile(rf"{_S}*(?:0x)?[0-9A-Fa-f]{{40}}")
_LOG_PREFIX = re.compile(rf"^[^\[\]]+:[0-9]+]{_S}")
_LIBRARY = re.compile(r"[.]so$|[.]so[._][0-9]+", re.ASCII)
_EXPECTED_START = 0x400000
_LINE_LIMIT = 1 << 16
_NAMES_LIMIT = 64


def parse_maps(lines: Lines) -> list[Mapping]:
    """Read the executable mappings from the lines that remain; what is not a mapping is skipped.

    A line ``name=value`` defines ``$name`` for the lines after it. File names are not cleaned yet.
    """
    mappings: list[Mapping] = []
    names: dict[str, str] = {}
    while lines.advance():
        line = _expand(_LOG_PREFIX.sub("", lines.text, count=1), names)
        entry = _parse_entry(line)
        if entry is not None:
            mappings.append(entry)
        elif "=" in line and len(names) < _NAMES_LIMIT and not _is_mapping_line(line):
            name, _, value = line.partition("=")
            names.setdefault("$" + name.strip(SPACE), value.strip(SPACE))
    return mappings


def skip_to_maps(lines: Lines) -> None:
    """Go to the memory map's heading, or to the end."""
    while not is_map_sentinel(lines.text) and lines.advance():
        pass


def settle_mappings(mappings: Sequence[Mapping]) -> list[Mapping]:
    """Join neighbours that are one file and put the program itself first."""
    joined: list[Mapping] = []
    for mapping in mappings:
        if joined and _adjacent(joined[-1], mapping):
            last = joined[-1]
            joined[-1] = replace(
                last,
                limit=mapping.limit,
                file=mapping.file or last.file,
                build_id=mapping.build_id or last.build_id,
            )
        else:
            joined.append(mapping)
    for i, mapping in enumerate(joined):
        file = mapping.file.replace("(deleted)", "").strip(SPACE)
        if file and not _LIBRARY.search(file) and not file.startswith("["):
            joined[0], joined[i] = mapping, joined[0]
            break
    return joined


def assign_mappings(addresses: Iterable[int], mappings: list[Mapping]) -> tuple[list[int], list[Mapping]]:
    """Give the mapping of each address (-1 for address 0), and the mappings as they came out of it."""
    found = _correct_program(mappings)
    fake = -1
    owners: list[int] = []
    for address in addresses:
        owner = -1 if address == 0 else _find(address, found)
        if owner < 0 and address != 0:
            if fake < 0:
                fake = len(found)
                found.append(Mapping(limit=MASK))
            owner = fake
        owners.append(owner)
    return owners, found


def _correct_program(mappings: list[Mapping]) -> list[Mapping]:
    """Undo what huge pages and remapped sections do to the program's own mapping."""
    found = list(mappings)
    if len(found) > 1 and found[0].file.startswith("/anon_hugepage") and found[0].limit == found[1].start:
        found.pop(0)
    if found and (found[0].start - found[0].offset) & MASK == _EXPECTED_START:
        found[0] = replace(found[0], start=_EXPECTED_START, offset=0)
    return found


def _find(address: int, mappings: list[Mapping]) -> int:
    """Find the mapping that holds an address; one whose first part is missing grows to hold it."""
    for i, mapping in enumerate(mappings):
        if mapping.start <= address < mapping.limit:
            return i
    for i, mapping in enumerate(mappings):
        start = (mapping.start - mapping.offset) & MASK
        if mapping.offset and start <= address < mapping.start:
            mappings[i] = replace(mapping, start=start, offset=0)
            return i
    return -1


def _adjacent(first: Mapping, second: Mapping) -> bool:
    """Tell whether two entries are one mapping split in two."""
    same_file = not first.file or not second.file or first.file == second.file
    same_build = not first.build_id or not second.build_id or first.build_id == second.build_id
    if not same_file or not same_build or first.limit != second.start:
        return False
    follows = (first.offset + first.limit - first.start) & MASK == second.offset
    return not first.offset or not second.offset or follows


def _is_mapping_line(line: str) -> bool:
    return not _LONG_HEX.match(line) and bool(_PROC_MAPS.match(line) or _BRIEF_MAPS.match(line))


def _parse_entry(line: str) -> Mapping | None:
    """Read one mapping; None for lines that are none and for mappings that cannot hold code."""
    if _LONG_HEX.match(line):
        return None
    build_id = ""
    if proc := _PROC_MAPS.match(line):
        start, end, perm, offset, file = proc.groups("")
    elif brief := _BRIEF_MAPS.match(line):
        start, end, perm, file, offset, build_id = brief.groups("")
    else:
        return None
    if perm and "x" not in perm:
        return None
    bounds = [int(text or "0", 16) for text in (start, end, offset)]
    if max(bounds) > MASK:
        return None
    return Mapping(bounds[0], bounds[1], bounds[2], file, build_id)


def _expand(line: str, names: dict[str, str]) -> str:
    """Replace every ``$name`` that was defined before; a line that grows out of bounds is left alone."""
    if not names or "$" not in line:
        return line
    pattern = "|".join(re.escape(name) for name in names)
    expanded = re.sub(pattern, lambda match: names[match.group()], line)
    return expanded if len(expanded) <= _LINE_LIMIT else line
