"""A call tree as a small file, ``<hash>.pfv``: `pack` writes it, `unpack` reads it, and so can a browser. Pure.

Format 2. The file is gzip (no time stamp) of: the length of the header (u32, little-endian), the header (JSON, UTF-8,
sorted keys), then the columns one after the other: `COLUMNS`, then one for each sample type.

Header: ``format`` 2; ``types`` [[type, unit]]; ``default`` index; ``totals`` (decimal texts: they may pass 2^53) and
``scales`` per type; ``signed`` per type; ``counts`` as in `COUNTS`; ``columns``, the bytes of each.

A number is a LEB128 varint (7 bits a byte, lowest first). Text tables (``names``, ``files``, ``packages``,
``mappings``) are sorted by their UTF-8 bytes and front-coded: per text the bytes shared with the text before, the bytes
that follow, then those. ``mappings`` are mapped files; pprof's filters match function, file and mapped file.

    frame.name                            frames are sorted by name: growth of the position in the table
    frame.file                            growth of the position from the frame before, zigzag
    frame.package_at frame.package        frames whose package is not the one their name begins with (`usual_package`):
                                          gaps, positions
    frame.mapping                         positions, or nothing at all where no frame's mapping is known
    frame.bare frame.nameless             gaps of the frames without a function, named after their mapped file; of those
                                          whose function has no name: pprof tells these apart by more than names
    node.frame                            per node in depth-first order, heaviest child first
    node.up_at node.up                    nodes that do not follow their parent: gap, levels up
                                          (depth[i] = depth[i-1] + 1 - up[i], depth[-1] = -1)
    node.inlined                          gaps of the nodes inlined into their parent
    flat.at flat.0 flat.1 …               gaps of the nodes with any flat value; per type those values ÷ scale,
                                          zigzag (2n, or -2n-1 below 0) where the type is signed

Columns are compressed in blocks of their own, except small ones: letters and numbers want codes of their own.
A gap counts from the position before, the first from -1. Cumulative values are not stored: readers add them up.
Everything is deterministic: equal trees are equal bytes.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import StoreError
from pipeline.model.calltree import CallTree, Frames
from pipeline.model.profile import Index, Int, SampleType

FORMAT: Final = 2
COUNTS: Final = ("names", "files", "packages", "mappings", "frames", "nodes")
COLUMNS: Final = (
    "names", "frame.name", "files", "frame.file", "packages", "frame.package_at", "frame.package", "mappings",
    "frame.mapping", "frame.bare", "frame.nameless", "node.frame", "node.up_at", "node.up", "node.inlined", "flat.at",
)  # fmt: skip
"""What comes before ``flat.0``, ``flat.1`` … in the file."""
_GZIP: Final = 16 + zlib.MAX_WBITS
_BLOCK: Final = 128
"""Bytes from which a column is worth a block of the compressed file."""
_LONGEST: Final = 10
_SMALL: Final = tuple(bytes((value,)) for value in range(0x80))
_Bytes = NDArray[np.uint8]


def pack(tree: CallTree) -> bytes:
    """Write a call tree, every sample type; its nodes must be in depth-first order. Frames get other numbers."""
    frames, place = sorted_frames(tree.frames)
    columns, counts = _pack_frames(frames)
    counts["nodes"] = len(tree)
    columns["node.frame"] = encode_varints(place[tree.frame])
    columns["node.up_at"], columns["node.up"] = encode_shape(tree.parent)
    filled = np.flatnonzero((tree.flat != 0).any(axis=0))
    columns["node.inlined"], columns["flat.at"] = encode_gaps(np.flatnonzero(tree.inlined)), encode_gaps(filled)
    weights, about = encode_weights(tree.flat[:, filled])
    header = {
        "types": [[kind.type, kind.unit] for kind in tree.sample_types],
        "default": tree.default_index,
        "totals": [str(int(total)) for total in tree.totals],
        "counts": [counts[name] for name in COUNTS],
    }
    return seal(header | about, {name: columns[name] for name in COLUMNS} | weights)


def sorted_frames(frames: Frames) -> tuple[Frames, Index]:
    """Sort frames by name and all else, as files hold them; returns them and the new place of each."""
    texts = (frames.name, frames.file, frames.package, frames.mapping)
    keys = [
        (*(column[at].encode("utf-8", "surrogatepass") for column in texts if column), frames.bare[at : at + 1])
        for at in range(len(frames))
    ]
    order = sorted(range(len(frames)), key=keys.__getitem__)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order), dtype=np.int64)
    name, file, package, mapping = (tuple(column[at] for at in order) if column else () for column in texts)
    return Frames(name, file, package, mapping, tuple(frames.bare[at] for at in order) if frames.bare else ()), place


def _pack_frames(frames: Frames) -> tuple[dict[str, bytes], dict[str, int]]:
    columns: dict[str, bytes] = {}
    counts = {"frames": len(frames)}
    odd = [at for at, name in enumerate(frames.name) if frames.package[at] != usual_package(name)]
    packages = [frames.package[at] for at in odd]
    tables = {"names": frames.name, "files": frames.file, "packages": packages, "mappings": frames.mapping}
    for table, texts in tables.items():
        columns[table], columns[f"frame.{table[:-1]}"], counts[table] = encode_texts(texts)
    growth = {name: np.diff(decode_varints(columns[name]), prepend=0) for name in ("frame.name", "frame.file")}
    columns["frame.name"] = encode_varints(growth["frame.name"])
    columns["frame.file"] = encode_varints(zigzag(growth["frame.file"]))
    columns["frame.package_at"] = encode_gaps(np.array(odd, np.int64))
    for place, name in enumerate(("bare", "nameless"), 1):
        columns[f"frame.{name}"] = encode_gaps(np.flatnonzero(np.array(frames.bare) == place))
    return columns, counts


def usual_package(name: str) -> str:
    """Guess the package of a Go function from its name: up to the first dot behind the import path's last slash."""
    stop = min((at for at in map(name.find, "[({< ") if at >= 0), default=len(name))
    last = name.rfind("/", 0, stop) + 1
    return name[: max(0, name.find(".", last, stop))]


def seal(header: Mapping[str, Any], columns: Mapping[str, bytes], number: int = FORMAT) -> bytes:
    """Put a header and named columns into one compressed file; ``number`` is that of the format."""
    whole = {**header, "format": number, "columns": [len(data) for data in columns.values()]}
    text = json.dumps(whole, sort_keys=True, separators=(",", ":")).encode("ascii")
    parts = [struct.pack("<I", len(text)) + text, *columns.values()]
    packer = zlib.compressobj(9, zlib.DEFLATED, _GZIP, zlib.DEF_MEM_LEVEL)
    packed = [packer.compress(parts[0])]
    for before, data in pairwise(parts):
        if min(len(before), len(data)) >= _BLOCK:
            packed.append(packer.flush(zlib.Z_PARTIAL_FLUSH))
        packed.append(packer.compress(data))
    return b"".join([*packed, packer.flush()])


def unpack(data: bytes) -> CallTree:
    """Read what `pack` wrote; raises StoreError for anything else."""
    try:
        header, columns = _open(data)
        return _rebuild(header, columns)
    except (
        OSError,
        EOFError,
        zlib.error,
        struct.error,
        LookupError,
        TypeError,
        ValueError,
        ArithmeticError,
        MemoryError,
    ) as error:
        raise StoreError(
            f"a call tree file is damaged: {error or type(error).__name__}", cure="Run `doit derive`: it is made again."
        ) from error


def _open(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    plain = gzip.decompress(data)
    (length,) = struct.unpack_from("<I", plain)
    header: dict[str, Any] = json.loads(plain[4 : 4 + length])
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']} is not {FORMAT}")
    columns, at = {}, 4 + length
    names = (*COLUMNS, *(f"flat.{index}" for index in range(len(header["types"]))))
    for name, size in zip(names, header["columns"], strict=True):
        columns[name] = plain[at : at + size]
        at += size
    if at != len(plain):
        raise ValueError(f"{len(plain)} bytes where {at} belong")
    return header, columns


def _rebuild(header: Mapping[str, Any], columns: Mapping[str, bytes]) -> CallTree:
    counts = dict(zip(COUNTS, header["counts"], strict=True))
    nodes, frames = int(counts["nodes"]), int(counts["frames"])
    texts = _texts(columns, counts)
    bare = np.zeros(len(texts[3]), np.int64)
    bare[_positions(columns["frame.bare"])] = 1
    bare[_positions(columns["frame.nameless"])] = 2
    frame = decode_varints(columns["node.frame"], nodes)
    up, inlined = np.zeros(nodes, np.int64), np.zeros(nodes, np.bool_)
    up[_positions(columns["node.up_at"])] = decode_varints(columns["node.up"])
    inlined[_positions(columns["node.inlined"])] = True
    depth = np.cumsum(1 - up) - 1
    if nodes and (depth.min() < 0 or (np.diff(depth, prepend=-1) > 1).any() or frame.max() >= frames):
        raise ValueError("nodes that no tree has")
    flat = np.zeros((len(header["types"]), nodes), np.int64)
    filled = _positions(columns["flat.at"])
    for index, (scale, signed) in enumerate(zip(header["scales"], header["signed"], strict=True)):
        values = decode_varints(columns[f"flat.{index}"], len(filled))
        flat[index, filled] = (_unzigzag(values) if signed else values) * scale
    parent, cum = _grow(depth, flat)
    return CallTree(
        frames=Frames(texts[0], texts[1], texts[2], texts[3], tuple(bare.tolist())),
        sample_types=tuple(SampleType(kind, unit) for kind, unit in header["types"]),
        default_index=int(header["default"]),
        parent=parent,
        frame=frame,
        inlined=inlined,
        flat=flat,
        cum=cum,
        totals=tuple(int(total) for total in header["totals"]),
    )


def _texts(columns: Mapping[str, bytes], counts: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Read names, files, packages and mapped files by frame."""
    frames = int(counts["frames"])
    known = {table: _front_decode(columns[table], counts[table]) for table in COUNTS[:4]}
    name = np.cumsum(decode_varints(columns["frame.name"], frames)).tolist()
    file = np.cumsum(_unzigzag(decode_varints(columns["frame.file"], frames))).tolist()
    if min([*name, *file], default=0) < 0:
        raise ValueError("a frame without a place")
    names = tuple(known["names"][at] for at in name)
    packages = [usual_package(one) for one in names]
    odd = _positions(columns["frame.package_at"])
    for at, own in zip(odd.tolist(), decode_varints(columns["frame.package"], len(odd)).tolist(), strict=True):
        packages[at] = known["packages"][own]
    mapped = decode_varints(columns["frame.mapping"], frames if known["mappings"] else 0)
    files, mappings = (known["files"][at] for at in file), (known["mappings"][at] for at in mapped.tolist())
    return [names, tuple(files), tuple(packages), tuple(mappings)]


def _grow(depth: Index, flat: Int) -> tuple[Index, Int]:
    """Find the parents of nodes in depth-first order, and add values up towards the roots."""
    parent, cum = np.full(len(depth), -1, np.int64), flat.copy()
    order = np.argsort(depth, kind="stable")
    levels = np.split(order, np.flatnonzero(np.diff(depth[order])) + 1)
    for above, level in pairwise(levels):
        parent[level] = above[np.searchsorted(above, level) - 1]
    for level in reversed(levels[1:]):
        for row in cum:
            np.add.at(row, parent[level], row[level])
    return parent, cum


def encode_texts(texts: Sequence[str]) -> tuple[bytes, bytes, int]:
    """Write texts as a table of the distinct ones, the position of each in it, and the length of the table."""
    coded = [text.encode("utf-8", "surrogatepass") for text in texts]
    distinct = sorted(set(coded))
    place = {text: at for at, text in enumerate(distinct)}
    return _front_code(distinct), encode_varints([place[text] for text in coded]), len(distinct)


def encode_shape(parent: Index) -> tuple[bytes, bytes]:
    """Write the shape of nodes in depth-first order: the columns ``node.up_at`` and ``node.up``."""
    depths = _depths(parent)
    up = 1 - depths
    up[1:] += depths[:-1]
    up[:1] -= 1
    return encode_gaps(np.flatnonzero(up)), encode_varints(up[up != 0])


def encode_weights(values: Int) -> tuple[dict[str, bytes], dict[str, list[int] | list[bool]]]:
    """Write int64[S, n] as the columns ``flat.0``, ``flat.1`` …; returns them and the header's scales and signs."""
    scales = [_scale(row) for row in values]
    signed = [bool((row < 0).any()) for row in values]
    columns = {}
    for index, row in enumerate(values):
        divided = row // scales[index]
        columns[f"flat.{index}"] = encode_varints(zigzag(divided) if signed[index] else divided)
    return columns, {"scales": scales, "signed": signed}


def _depths(parent: Index) -> Index:
    depths: list[int] = []
    for above in parent.tolist():
        depths.append(depths[above] + 1 if above >= 0 else 0)
    return np.array(depths, dtype=np.int64)


def _scale(values: Int) -> int:
    """Find what all values are a multiple of; 1 for none, and for what a reader's double would not hold."""
    divisor = int(np.gcd.reduce(values)) if len(values) else 1
    return divisor if 0 < divisor < 1 << 53 else 1


def encode_gaps(positions: NDArray[np.intp]) -> bytes:
    """Write ascending positions as gaps, the first from -1."""
    gaps = np.array(positions)
    gaps[1:] -= positions[:-1]
    gaps[:1] += 1
    return encode_varints(gaps)


def _positions(data: bytes) -> Index:
    positions: Index = np.cumsum(decode_varints(data)) - 1
    return positions


def zigzag(values: Int) -> NDArray[np.uint64]:
    """Fold signs into the lowest bit, so that small negative numbers stay small."""
    return ((values << 1) ^ (values >> 63)).view(np.uint64)


def _unzigzag(values: Int) -> Int:
    coded = values.view(np.uint64)
    return (coded >> np.uint64(1)).view(np.int64) ^ -(coded & np.uint64(1)).view(np.int64)


def encode_varints(numbers: Sequence[int] | Int | NDArray[np.uint64]) -> bytes:
    """Write integers (taken as uint64) as varints, one after the other."""
    values = np.asarray(numbers).astype(np.uint64) if len(numbers) else np.zeros(0, np.uint64)
    longest = max(1, -(-int(values.max(initial=0)).bit_length() // 7))
    if longest == 1:
        return values.astype(np.uint8).tobytes()
    size = np.ones(len(values), np.int64)
    for count in range(1, longest):
        size += values >= np.uint64(1 << (7 * count))
    start = np.cumsum(size) - size
    coded = np.zeros(int(start[-1] + size[-1]), np.uint8)
    for count in range(longest):
        more = np.flatnonzero(size > count)
        part = (values[more] >> np.uint64(7 * count)).astype(np.uint8) & 0x7F
        coded[start[more] + count] = part | (size[more] > count + 1).astype(np.uint8) << 7
    return coded.tobytes()


def decode_varints(data: bytes, count: int | None = None) -> Int:
    """Read varints to the end (``count`` of them when given) as int64[n]; raises ValueError for anything else."""
    coded: _Bytes = np.frombuffer(data, np.uint8)
    last = np.flatnonzero(coded < 0x80)
    start = np.concatenate((np.zeros(1, np.int64), last[:-1] + 1)) if len(last) else np.zeros(0, np.int64)
    size = last - start + 1
    whole = not len(coded) or bool(coded[-1] < 0x80 and size.max() <= _LONGEST)
    if not whole or (count is not None and len(last) != count):
        raise ValueError("a column of numbers does not hold what it should")
    values = np.zeros(len(last), np.uint64)
    for place in range(int(size.max()) if len(size) else 0):
        more = size > place
        part = coded[start[more] + place].astype(np.uint64) & np.uint64(0x7F)
        values[more] |= part << np.uint64(7 * place)
    return values.view(np.int64)


def _front_code(texts: Sequence[bytes]) -> bytes:
    parts: list[bytes] = []
    before = b""
    for text in texts:
        shared = _shared(before, text)
        parts += (_varint(shared), _varint(len(text) - shared), text[shared:])
        before = text
    return b"".join(parts)


def _shared(before: bytes, text: bytes) -> int:
    """Count the bytes two texts begin with alike, by halves: slices are compared faster than bytes."""
    least, most = 0, min(len(before), len(text))
    while least < most:
        middle = (least + most + 1) // 2
        if before[least:middle] == text[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def _varint(value: int) -> bytes:
    """Write one small number; `encode_varints` is for columns."""
    if value < 0x80:
        return _SMALL[value]
    coded = bytearray()
    while value >= 0x80:
        coded.append(value & 0x7F | 0x80)
        value >>= 7
    coded.append(value)
    return bytes(coded)


def _front_decode(data: bytes, count: int) -> list[str]:
    texts: list[str] = []
    before, at = b"", 0
    for _ in range(count):
        shared, at = _number(data, at)
        length, at = _number(data, at)
        if shared > len(before) or at + length > len(data):
            raise ValueError("a text table ends too early")
        before, at = before[:shared] + data[at : at + length], at + length
        texts.append(before.decode("utf-8", "surrogatepass"))
    if at != len(data):
        raise ValueError("a text table is longer than its count")
    return texts


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] >= 0x80:
        value |= (data[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
    return value | data[at] << shift, at + 1
