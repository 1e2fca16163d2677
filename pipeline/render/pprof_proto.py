"""A profile as profile.proto bytes, for pprof and every tool that reads its format.

Rules: the same profile always gives the same bytes (no time in the gzip header); ids are positions in the tables from
1 on. Texts are written as they were cleaned on the way in.

Format: github.com/google/pprof/proto/profile.proto.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator

from pipeline.model.profile import Labels, Mapping, Profile, SampleType


def write_pprof(profile: Profile) -> bytes:
    """Encode and compress a profile."""
    return gzip.compress(encode_profile(profile), compresslevel=6, mtime=0)


def encode_profile(profile: Profile) -> bytes:
    """Encode a profile, uncompressed."""
    texts = _Texts()
    parts = [_message(1, _value_type(kind, texts)) for kind in profile.sample_types]
    parts += (_message(2, sample) for sample in _samples(profile, texts))
    parts += (_message(3, _mapping(place, row, texts)) for place, row in enumerate(profile.mappings, 1))
    parts += (_message(4, location) for location in _locations(profile))
    parts += (_message(5, function) for function in _functions(profile, texts))
    period = profile.period_type
    tail = [_number(7, texts(profile.drop_frames)), _number(8, texts(profile.keep_frames))]
    tail += [_number(9, profile.time_nanos), _number(10, profile.duration_nanos)]
    tail += [_message(11, _value_type(period, texts)) if period else b"", _number(12, profile.period)]
    tail += [_packed(13, [texts(comment) for comment in profile.comments])]
    tail += [_number(14, texts(profile.default_sample_type)), _number(15, texts(profile.doc_url))]
    parts += (_message(6, text.encode(errors="replace")) for text in texts.table)
    return b"".join(parts + tail)


class _Texts:
    """The string table being built; asking for a text adds it."""

    def __init__(self) -> None:
        self.table: dict[str, int] = {"": 0}

    def __call__(self, text: str) -> int:
        return self.table.setdefault(text, len(self.table))


def _varint(value: int) -> bytes:
    value &= 2**64 - 1
    if value < 0x80:
        return bytes((value,))
    data = bytearray()
    while value >= 0x80:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def _number(field: int, value: int) -> bytes:
    """Write a number; 0 is what a missing field means."""
    return _varint(field << 3) + _varint(value) if value else b""


def _message(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def _packed(field: int, values: Iterable[int]) -> bytes:
    data = b"".join(map(_varint, values))
    return _message(field, data) if data else b""


def _value_type(kind: SampleType, texts: _Texts) -> bytes:
    return _number(1, texts(kind.type)) + _number(2, texts(kind.unit))


def _samples(profile: Profile, texts: _Texts) -> Iterator[bytes]:
    samples = profile.samples
    labels = _labels(profile.labels, texts)
    offsets, stack = samples.stack_offset.tolist(), [_varint(place + 1) for place in samples.stack.tolist()]
    for row, values in enumerate(samples.values.tolist()):
        places = b"".join(stack[offsets[row] : offsets[row + 1]])
        yield (_message(1, places) if places else b"") + _packed(2, values) + b"".join(labels.get(row, ()))


def _labels(labels: Labels, texts: _Texts) -> dict[int, list[bytes]]:
    own: dict[int, list[bytes]] = {}
    columns = (labels.key, labels.is_number.tolist(), labels.text, labels.number.tolist(), labels.unit)
    for sample, key, is_number, text, number, unit in zip(labels.sample.tolist(), *columns, strict=True):
        value = _number(3, number) + _number(4, texts(unit)) if is_number else _number(2, texts(text))
        own.setdefault(sample, []).append(_message(3, _number(1, texts(key)) + value))
    return own


def _mapping(place: int, mapping: Mapping, texts: _Texts) -> bytes:
    numbers = (
        place,
        mapping.start,
        mapping.limit,
        mapping.offset,
        texts(mapping.file),
        texts(mapping.build_id),
        mapping.has_functions,
        mapping.has_filenames,
        mapping.has_line_numbers,
        mapping.has_inline_frames,
    )
    return b"".join(_number(field, int(value)) for field, value in enumerate(numbers, 1))


def _locations(profile: Profile) -> Iterator[bytes]:
    locations = profile.locations
    offsets = locations.line_offset.tolist()
    columns = (locations.line_function.tolist(), locations.line_number.tolist(), locations.line_column.tolist())
    lines = [
        _message(4, _number(1, function + 1) + _number(2, number) + _number(3, column))
        for function, number, column in zip(*columns, strict=True)
    ]
    places = zip(locations.mapping.tolist(), locations.address.tolist(), locations.is_folded.tolist(), strict=True)
    for row, (mapping, address, folded) in enumerate(places):
        own = b"".join(lines[offsets[row] : offsets[row + 1]])
        yield _number(1, row + 1) + _number(2, mapping + 1) + _number(3, address) + own + _number(5, int(folded))


def _functions(profile: Profile, texts: _Texts) -> Iterator[bytes]:
    functions = profile.functions
    columns = (functions.name, functions.system_name, functions.filename, functions.start_line.tolist())
    for place, (name, system, file, start) in enumerate(zip(*columns, strict=True), 1):
        yield (
            _number(1, place)
            + _number(2, texts(name))
            + _number(3, texts(system))
            + _number(4, texts(file))
            + (_number(5, start))
        )
