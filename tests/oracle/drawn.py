"""Small profiles that hold what real ones seldom do: labels of every shape, inlined calls, values that cancel out."""

from __future__ import annotations

import random

from pipeline.proto import profile_pb2

NAMES = [
    "main.main", "main.(*T[...]).Run", "net/http.(*Server).Serve", "github.com/a/b/v2.F", "runtime.mallocgc", "",
    "ns::Type::call", "java.util.Map.get", 'a"quoted\\name', "type..eq.main.T", "main.f.func1",
]  # fmt: skip
FILES = ["/src/app/main.go", "/proc/self/cwd/./x/y.go", "", "net/http/server.go", "/src/app/../lib/f.go", "C:\\x\\y.cc"]


def draw(seed: int) -> bytes:
    """Draw a profile of a few functions and some dozens of samples."""
    chance = random.Random(seed)
    message = profile_pb2.Profile(time_nanos=1_700_000_000_123_456_789, period=10_000_000)
    texts: dict[str, int] = {"": 0}

    def text(value: str) -> int:
        return texts.setdefault(value, len(texts))

    kinds = [("objects", "count"), ("space", "bytes"), ("delay", "nanoseconds")][: chance.choice((1, 2, 3))]
    for kind, unit in kinds:
        message.sample_type.add(type=text(kind), unit=text(unit))
    if chance.random() < 0.7:
        message.period_type.type, message.period_type.unit = text("space"), text("bytes")
    message.duration_nanos = chance.choice((0, 1_500_000_000, 90_000_000_000, 2_500))
    message.comment.extend(text(comment) for comment in ("# hidden", "a comment")[: chance.randrange(3)])
    message.doc_url = text(chance.choice(("", "https://example.com/doc")))
    for number, file in enumerate(("/bin/app", "/lib/libc.so.6", "[vdso]"), 1):
        start = number << 24
        message.mapping.add(
            id=number, memory_start=start, memory_limit=start + 0x10000, filename=text(file), has_functions=True
        )
    for number in range(1, 15):
        name = text(chance.choice(NAMES))
        message.function.add(
            id=number,
            name=name,
            system_name=chance.choice((name, name, text("_ZN2ns4Type4callEv"))),
            filename=text(chance.choice(FILES)),
            start_line=chance.choice((0, 3, 40)),
        )
    for number in range(1, 21):
        mapping = chance.choice((0, 1, 1, 1, 2, 3))
        place = message.location.add(
            id=number, mapping_id=mapping, address=(mapping << 24) + chance.choice((0, number * 8, number * 400))
        )
        place.is_folded = chance.random() < 0.1
        for _ in range(chance.choice((0, 1, 1, 1, 2, 3))):
            place.line.add(
                function_id=chance.randint(1, 14), line=chance.choice((0, 7, 12, 99)), column=chance.choice((0, 0, 5))
            )
    for _ in range(chance.choice((3, 20, 60))):
        stack = [chance.randint(1, 20) for _ in range(chance.choice((0, 1, 3, 6, 12)))]
        values = [chance.choice((0, 1, 3, 512, -512, 1 << 20, -7, 10**9)) for _ in kinds]
        sample = message.sample.add(location_id=stack, value=values)
        for _ in range(chance.choice((0, 0, 1, 2, 5))):
            key = text(chance.choice(("user", "bytes", "request", "zone", "bytes")))
            if chance.random() < 0.5:
                sample.label.add(key=key, str=text(chance.choice(("ann", "bob", "eu west", "x:y"))))
            else:
                unit = text(chance.choice(("", "bytes", "bytes", "kilobytes", "seconds")))
                sample.label.add(key=key, num=chance.choice((1, 16, 2048, -5, 1 << 30, 777)), num_unit=unit)
    message.string_table.extend(value.encode() for value in texts)
    return message.SerializeToString()
