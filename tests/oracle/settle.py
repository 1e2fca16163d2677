"""What two reports have in common when pprof orders something at random: each kind of report in one settled order.

Rules: a report that is equal as it is needs no settling. Equal weight and equal name is a tie; nothing else is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import groupby
from typing import Final

ROW: Final = re.compile(r"^ *(\S+) +\S+ +\S+ +(\S+) +\S+  (.*)$")


def difference(kind: str, found: str, expected: str) -> str:
    """Say where two reports of a kind differ; nothing when they do not."""
    if found == expected:
        return ""
    for settle in SETTLERS.get(kind, ()):
        mine, theirs = settle(found), settle(expected)
        if mine == theirs:
            return ""
    only_found = [line for line in found.splitlines() if line not in set(expected.splitlines())]
    only_expected = [line for line in expected.splitlines() if line not in set(found.splitlines())]
    return f"ours: {only_found[:5]}\npprof: {only_expected[:5]}"


def within(kind: str, found: str, answers: list[str]) -> bool:
    """Tell whether a report says what all answers say, and nothing that none says."""
    settle = SETTLERS.get(kind, (lines,))[0]
    counts = [Counter(settle(text)) for text in answers]
    certain, possible = counts[0], counts[0]
    for count in counts[1:]:
        certain, possible = certain & count, possible | count
    return certain <= Counter(settle(found)) <= possible


def rows(text: str) -> list[str]:
    """Put rows that tie in one order: of a run with equal name and weight, only the last running sum is certain."""
    parsed = [(found.groups(), line) if (found := ROW.match(line)) else (None, line) for line in text.splitlines()]
    settled: list[str] = []
    for key, run in groupby(parsed, lambda row: row[0] and (row[0][0].lstrip("-"), row[0][2].partition(" (")[0])):
        lines = list(run)
        settled += (
            sorted(map(str, (row for row, _ in lines))) if key and len(lines) > 1 else [line for _, line in lines]
        )
    return settled


def loose_rows(text: str) -> list[str]:
    """Put tying rows in one order without looking at sums at all."""
    return sorted(str(found.groups()) if (found := ROW.match(line)) else line for line in text.splitlines())


def lines(text: str) -> list[str]:
    """Compare lines as a set."""
    return sorted(text.splitlines())


def raw(text: str) -> list[str]:
    """Number locations and mappings by their place: pprof keeps the ids of the file, we do not."""
    head, _, rest = text.partition("\nLocations\n")
    middle, _, tail = rest.partition("\nMappings\n")
    mappings = {line.partition(":")[0]: str(place) for place, line in enumerate(tail.splitlines(), 1)}
    entries = [found for line in middle.splitlines() if (found := re.match(r"^ {0,5}(\d+): 0x", line))]
    places = {found.group(1): str(place) for place, found in enumerate(entries, 1)}
    numbered = []
    for line in head.splitlines():
        values, _, stack = line.rpartition(": ")
        is_sample = re.fullmatch(r"( +-?\d+)+", values)
        numbered.append(
            f"{values}: {' '.join(places.get(place, '?') for place in stack.split())}" if is_sample else line
        )
    for line in middle.splitlines():
        found = re.match(r"^ *(\d+): (0x\w+) (M=(\d+) )?(.*)", line)
        if found is None:
            numbered.append(line)
            continue
        mapping = mappings.get(found.group(4) or "", "")
        numbered.append(f"{places[found.group(1)]}: {found.group(2)} M={mapping} {found.group(5)}")
    return numbered + [line.partition(":")[2] for line in tail.splitlines()]


def raw_rows(text: str) -> list[str]:
    """Put the one-frame samples of a top table in one order."""
    numbered = raw(text)
    places = {line.partition(":")[0]: line.partition(":")[2] for line in numbered if re.match(r"^\d+: 0x", line)}
    samples = [re.sub(r": (\d+)$", lambda found: f": {places.get(found.group(1))}", line) for line in numbered]
    return sorted(re.sub(r"^\d+: 0x", "0x", line) for line in samples)


def tree(text: str) -> list[str]:
    """Compare nodes with their edges as sets, without the running sum."""
    blocks = re.split(r"^-{20,}.*\n", text, flags=re.MULTILINE)
    running = re.compile(r"^( *\S+ +\S+ +)\S+( +\S+ +\S+ {10,}\| )", re.MULTILINE)
    settled = (sorted(" ".join(line.split()) for line in running.sub(r"\1\2", block).splitlines()) for block in blocks)
    return sorted("\n".join(block) for block in settled)


def dot(text: str) -> list[str]:
    """Name nodes by what they show instead of by number."""
    shown = dict(re.findall(r"^N(\d+) \[(label=.*)\]$", text, re.MULTILINE))
    shown = {number: re.sub(r' id="node\d+"', "", label) for number, label in shown.items()}

    def name(found: re.Match[str]) -> str:
        return f"N<{shown.get(found.group(1), '')}>{found.group(2) or ''}"

    unnumbered = re.sub(r' id="[^"]*"', "", text).splitlines()
    return sorted(re.sub(r"(?<![\w.])N+(\d+)((?:_\d+)*)(?= |$)", name, line) for line in unnumbered)


def callgrind(text: str) -> list[str]:
    """Spell out names and addresses; compare nodes with their calls as sets."""
    tables: dict[str, dict[str, str]] = {"ob": {}, "fl": {}, "fn": {}}
    blocks: list[list[str]] = []
    place: dict[str, str] = {}
    current = last = 0
    callee = ""

    def spelt(kind: str, value: str) -> str:
        if not value:
            return ""
        number, _, name = value.partition(" ")
        return re.sub(r" \[\d+/\d+\]$", "", tables[kind].setdefault(number, name))

    def resolve(word: str) -> int:
        if word == "*":
            return last
        return last + int(word) if word[0] in "+-" else int(word, 16)

    for line in text.splitlines()[2:]:
        key, equals, value = line.partition("=")
        if not line:
            continue
        if equals and key in tables:
            place[key] = spelt(key, value)
        elif key in {"cfl", "cfn"}:
            callee = f"{callee if key == 'cfn' else ''} {spelt(key[1:], value)}"
        elif key == "calls":
            _, word, at = value.split()
            callee += f" {resolve(word):#x} {at}"
        elif line.startswith("* * ") and blocks and callee:
            blocks[-1].append(f"{callee} {line}")
            callee = ""
        else:
            # Addresses, those of calls too, are relative to the node before.
            word, rest = line.split(" ", 1)
            last = current
            current = resolve(word)
            blocks.append([f"{place} {current:#x} {rest}"])
    return sorted("\n".join([block[0], *sorted(block[1:])]) for block in blocks)


SETTLERS: Final[dict[str, tuple[Callable[[str], list[str]], ...]]] = {
    "-top": (rows,),
    "-text": (rows,),
    "-files": (loose_rows,),
    "-tags": (lines,),
    "-tree": (tree,),
    "-peek": (tree,),
    "-raw": (raw,),
    "-proto": (raw,),
    "-topproto": (raw, raw_rows),
    "-dot": (dot,),
    "-callgrind": (callgrind,),
}
