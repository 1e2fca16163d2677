"""One part of the site, made, kept, stamped into its shell and finished: here, or in a process of its own.

Rules: a part that is kept is not made again, whatever became of the site. A part whose page alone has a new shell
leaves its other files as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.page import PlannedPart
from pipeline.site import stamp
from pipeline.site.finish import File, Finisher, copies
from pipeline.site.kept_parts import KeptParts


@dataclass(frozen=True, slots=True)
class Order:
    """A part to finish as a unit: the digests of its files that are ``here``, and where they are vouched for, the key
    they were ``made_of``.
    """

    unit: str
    here: Mapping[str, str]
    made_of: str


@dataclass(frozen=True, slots=True)
class Ground:
    """What all parts are finished with: the shell of each kind, the project, and the folder they are written into."""

    shells: Mapping[str, stamp.Shell]
    root: Path
    tree: Path


def kept_parts(root: Path) -> KeptParts:
    """Open the folder of parts that are finished but for their shell."""
    return KeptParts(root / "build" / "cache" / "pages")


def make(part: PlannedPart, kept: KeptParts) -> None:
    """Make a part and keep it, unless it is kept."""
    if not kept.has(part.url, part.key):
        kept.put(part.key, part.make())


def finish(part: PlannedPart, order: Order, ground: Ground, kept: KeptParts, finisher: Finisher) -> dict[str, str]:
    """Finish the files of a part; gives the digest of each by path."""
    return finisher.finish(order.unit, _files(part, order, ground, kept, finisher), order.here)


def _files(part: PlannedPart, order: Order, ground: Ground, kept: KeptParts, finisher: Finisher) -> Iterator[File]:
    index, whole = f"{part.url}index.html", kept.get(part.url, part.key)
    if whole is not None and order.made_of.partition(" ")[0] == part.key:
        yield from (File(path, None, sha256) for path, sha256 in order.here.items() if path != index)
        yield File(index, stamp.stamp(ground.shells[part.kind], whole.page).encode())
        return
    if whole is None:
        whole = part.make()
        kept.put(part.key, whole)
    yield File(index, stamp.stamp(ground.shells[part.kind], whole.page).encode())
    yield from (File(path, data) for path, data in whole.data.items())
    yield from copies(whole.copies, {index, *whole.data}, ground.root, finisher.done.skipped)
