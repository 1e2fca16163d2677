"""The front door: any bytes to a profile or a named refusal."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from pipeline.decode import decode_profile
from pipeline.errors import DecodeError
from pipeline.model.profile import Profile
from tests.builders import pprof_bytes, pprof_message
from tests.decode.frames import codes

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
corpus = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of found profiles is not here")


def seeds() -> list[bytes]:
    """Small files of each kind, for the fuzzer."""
    return [
        pprof_message([(("main", "a"), (1, 2)), (("main", "b"), (3, 4))]).SerializeToString(),
        pprof_bytes([(("main",), (1, 2))]),
        b"heap profile: 1: 1 [2: 2] @ heap/2\n1: 1 [2: 2] @ 0x11\n#\t0x10\tmain.f+0x1\ta.go:1\n",
        b'goroutine profile: total 1\n1 @ 0x1\n# labels: {"a":"b"}\n--- Memory map: ---\n400000-500000 x\n',
        b"--- mutex:\ncycles/second=5\nsampling period=2\n4 3 @ 0x1\n",
        b"--- contentionz 1 ---\nformat = java\nresolution = us\n 4 3 @ 0x1\n 0x1 a.b (c.java:1)\n",
        b"--- threadz 1 ---\n--- Thread 1 (name: a/1) stack: ---\n 0x1\n--- Memory map: ---\n",
        b"goroutine 1 [running, 3 minutes]:\na.f()\n\t/a.go:1 +0x1\ncreated by a.g\n\t/a.go:2\n",
        b"".join(word.to_bytes(4, "little") for word in (0, 3, 0, 9, 0, 1, 2, 7, 8, 0, 1, 0)) + b"400000-500000 x\n",
        b"".join(word.to_bytes(4, "little") for word in (0, 3, 1, 9, 0, 1, 2, 7, 8, 0, 1, 0)) + b"\n0x7 a (b.c:1)\n",
    ]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Change, cut, repeat or insert a few bytes."""
    body = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(body) + 1)
        match chance.randrange(5):
            case 0:
                body[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del body[at : at + chance.choice((1, 9, 99))]
            case 2:
                body[at:at] = body[chance.randrange(len(body) + 1) :][: chance.choice((1, 9, 99))]
            case 3:
                body[at:at] = chance.choice(
                    (b"\n", b"99999999999999999999", b"0x", b"-", b"\xff", b"$a=", b"(", b"\x80" * 10)
                )
            case 4:
                del body[at:]
    return bytes(body)


def outcome(data: bytes, *, symbolize: bool = False) -> Profile | DecodeError:
    """Decode, or give the refusal."""
    try:
        return decode_profile(data, max_bytes=1 << 28, symbolize=symbolize)
    except DecodeError as error:
        return error


@pytest.mark.property
def test_damage_of_any_kind_gives_a_profile_or_a_named_refusal() -> None:
    chance = random.Random(20261120)
    start = seeds()
    for _ in range(4_000):
        result = outcome(mutate(chance.choice(start), chance), symbolize=chance.random() < 0.5)
        if isinstance(result, DecodeError):
            assert result.code.isidentifier()
            assert result.message.replace("\t", "").isprintable()
        else:
            assert result.samples.stack.min(initial=0) >= 0
            assert result.samples.stack.max(initial=-1) < len(result.locations)
            assert result.locations.line_function.max(initial=-1) < len(result.functions)


@pytest.mark.parametrize("data", seeds())
def test_every_seed_is_a_profile(data: bytes) -> None:
    assert decode_profile(data).total(0) > 0
    assert decode_profile(gzip.compress(data), symbolize=True).total(0) > 0


def test_findings_of_every_step_come_together() -> None:
    message = pprof_message([(("ma\x1bin",), (1, 2))], time_nanos=0)
    data = gzip.compress(gzip.compress(message.SerializeToString()))
    assert codes(decode_profile(data)) == {"double_gzip", "text_cleaned", "clock"}


def test_the_limit_is_passed_on() -> None:
    with pytest.raises(DecodeError, match="more than 10 bytes"):
        decode_profile(pprof_bytes([(("main",), (1, 2))]), max_bytes=10)


def test_what_does_not_fit_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def exhausted(_: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr("pipeline.decode.decode_pprof", exhausted)
    with pytest.raises(DecodeError) as caught:
        decode_profile(pprof_bytes([(("main",), (1, 2))]))
    assert caught.value.code == "too_large"


@corpus
@pytest.mark.parametrize("path", sorted(CORPUS.glob("profiles/*/*")), ids=lambda path: path.name)
def test_every_found_profile_is_read(path: Path) -> None:
    profile = decode_profile(path.read_bytes())
    values = profile.samples.values
    assert profile.total(0) == sum(abs(value) for value in values[:, 0].tolist())
    assert len(profile.samples) or codes(profile) == {"no_samples"}
