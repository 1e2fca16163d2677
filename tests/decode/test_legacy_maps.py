"""Memory maps: which lines are mappings, which belong together, which mapping an address has."""

from __future__ import annotations

import pytest

from pipeline.decode.legacy_maps import assign_mappings, parse_maps, settle_mappings, skip_to_maps
from pipeline.decode.legacy_text import Lines
from pipeline.model.profile import Mapping


def maps(text: str) -> list[Mapping]:
    return parse_maps(Lines(text.encode()))


@pytest.mark.parametrize(
    ("line", "mapping"),
    [
        ("00400000-00fcb000 r-xp 00001000 08:02 17 /bin/app", Mapping(0x400000, 0xFCB000, 0x1000, "/bin/app")),
        ("  00400000-00fcb000: /bin/app", Mapping(0x400000, 0xFCB000, 0, "/bin/app")),
        ("0x400000-0x800000 /bin/app (@FF00) abc123", Mapping(0x400000, 0x800000, 0xFF00, "/bin/app", "abc123")),
        ("I0101 main.cc:12] 400000-500000 /bin/app", Mapping(0x400000, 0x500000, 0, "/bin/app")),
        ("7f00-7f10 r-xp 0 00:00 0 [vdso]", Mapping(0x7F00, 0x7F10, 0, "[vdso]")),
    ],
)
def test_a_mapping_line(line: str, mapping: Mapping) -> None:
    assert maps(line) == [mapping]


@pytest.mark.parametrize(
    "line",
    ["", "no map", "00400000-00fcb000 rw-p 0 08:02 17 /bin/app", "1" * 20 + "-2 x", "a" * 100_000],
    ids=["blank", "words", "not executable", "too large", "long"],
)
def test_other_lines_are_skipped(line: str) -> None:
    assert maps(line) == []


def test_names_defined_before_are_put_in() -> None:
    assert maps("where=/opt\n400000-500000 $where/app")[0].file == "/opt/app"


def test_names_cannot_blow_a_line_up() -> None:
    text = "z0=" + "y" * 1000 + "\n" + "".join(f"z{i + 1}=$z{i}$z{i}\n" for i in range(40)) + "400000-500000 $z40"
    assert len(maps(text)[-1].file) < 1 << 17


def test_names_beyond_any_real_number_are_ignored() -> None:
    text = "".join(f"z{i:02}=y{i:02}\n" for i in range(70))
    assert [m.file for m in maps(text + "400000-500000 $z20\n600000-700000 $z69")] == ["y20", "$z69"]


def test_the_map_starts_behind_its_heading() -> None:
    lines = Lines(b"x\nMAPPED_LIBRARIES:\n400000-500000 /bin/app")
    skip_to_maps(lines)
    assert len(parse_maps(lines)) == 1


def test_neighbours_of_one_file_are_joined_and_the_program_comes_first() -> None:
    library = Mapping(0x1000, 0x2000, 0, "/lib/libc-2.15.so")
    first, second = Mapping(0x4000, 0x5000, 0x10, "/bin/app"), Mapping(0x5000, 0x6000, 0x1010, "", "id")
    assert settle_mappings([library, first, second]) == [Mapping(0x4000, 0x6000, 0x10, "/bin/app", "id"), library]


@pytest.mark.parametrize(
    "second",
    [
        Mapping(0x5001, 0x6000, 0, "/bin/app"),
        Mapping(0x5000, 0x6000, 0, "/bin/other"),
        Mapping(0x5000, 0x6000, 0x99, "/bin/app"),
        Mapping(0x5000, 0x6000, 0, "/bin/app", "other build"),
    ],
)
def test_strangers_are_not_joined(second: Mapping) -> None:
    assert len(settle_mappings([Mapping(0x4000, 0x5000, 0x10, "/bin/app", "build"), second])) == 2


def test_addresses_find_their_mapping_or_get_one_that_covers_all() -> None:
    known = [Mapping(0x4000, 0x5000, 0, "/bin/app"), Mapping(0x9000, 0xA000, 0x1000, "/lib/x.so")]
    owners, found = assign_mappings([0x4000, 0x8800, 0, 0x5000, 0x77], known)
    assert owners == [0, 1, -1, 2, 2]
    assert found[1] == Mapping(0x8000, 0xA000, 0, "/lib/x.so")
    assert found[2] == Mapping(limit=2**64 - 1)


def test_the_program_is_put_where_linkers_put_it() -> None:
    huge = Mapping(0x400000, 0x401000, 0, "/anon_hugepage (deleted)")
    program = Mapping(0x401000, 0x500000, 0x1000, "/bin/app")
    assert assign_mappings([0x400500], [huge, program]) == ([0], [Mapping(0x400000, 0x500000, 0, "/bin/app")])
