"""Goroutine dumps: states, waits, creators, damage."""

from __future__ import annotations

from pipeline.decode import decode_profile
from pipeline.decode.goroutine import decode_goroutine_dump
from tests.decode.frames import codes, labels, stacks

DUMP = b"""goroutine 1 [running]:
main.(*Server).Run(0xc000010000, {0x1, 0x2}, ...)
	/src/server.go:42 +0x1d
main.main()
	C:/src/main.go:7 +0x3d2

goroutine 20 [chan receive, 5 minutes, locked to thread]:
main.Map[...](...)
	/src/map.go:9
created by main.start in goroutine 1
	/src/main.go:12 +0x87

goroutine 21 [chan receive, 5 minutes, locked to thread]:
main.Map[...](0xc000020000)
	/src/map.go:9 +0x44
created by main.start in goroutine 7
	/src/main.go:12 +0x87

goroutine 22 [chan receive, 6 minutes]:
main.Map[...](0xc000020000)
	/src/map.go:9 +0x44
created by main.start
	/src/main.go:12 +0x87
"""


def test_equal_goroutines_are_one_sample() -> None:
    profile = decode_profile(DUMP)
    assert profile.format == "goroutine debug=2"
    assert str(profile.sample_types[0]) == "goroutine/count"
    assert stacks(profile) == [
        (("main.(*Server).Run", "main.main"), (1,)),
        (("main.Map[...]",), (2,)),
        (("main.Map[...]",), (1,)),
    ]
    assert profile.functions.filename == ("/src/server.go", "C:/src/main.go", "/src/map.go")
    assert profile.locations.line_number.tolist() == [42, 7, 9]
    assert profile.findings == ()


def test_labels_keep_what_pprof_profiles_lose() -> None:
    profile = decode_profile(DUMP)
    assert labels(profile, 0) == {"state": "running"}
    assert labels(profile, 1) == {
        "state": "chan receive",
        "wait_minutes": 5,
        "locked": "to thread",
        "created_by": "main.start",
        "created_at": "/src/main.go:12",
    }
    assert set(profile.labels.unit) == {"", "minutes"}


def test_line_ends_marks_and_log_lines_between_goroutines_change_nothing() -> None:
    expected = stacks(decode_profile(DUMP))
    crlf = b"\xef\xbb\xbf" + DUMP.replace(b"\n", b"\r\n")
    logged = b"SIGQUIT: quit\nPC=0x1 m=0\n\n" + DUMP.replace(b"\n\ngoroutine 20", b"\n\n2026 log (x)\ngoroutine 20")
    assert stacks(decode_profile(crlf)) == stacks(decode_profile(logged)) == expected
    assert codes(decode_profile(logged)) == set()


def test_log_lines_inside_a_stack_are_skipped_and_counted() -> None:
    noisy = DUMP.replace(b"main.main()\n", b"2026/01/02 hello\nmain.main()\n2026/01/02 again\x1b\n")
    profile = decode_profile(noisy)
    assert stacks(profile) == stacks(decode_profile(DUMP))
    (finding,) = profile.findings
    assert (finding.code, finding.evidence) == ("lines_skipped", "2026/01/02 hello")
    assert finding.message.startswith("2 ")


def test_a_cut_dump_keeps_what_it_has() -> None:
    profile = decode_profile(DUMP[: DUMP.index(b"	C:/src")])
    assert stacks(profile) == [(("main.(*Server).Run", "main.main"), (1,))]
    assert profile.locations.line_number.tolist() == [42, 0]
    profile = decode_profile(DUMP[: DUMP.index(b"().Run"[3:]) + 2])
    assert codes(profile) >= {"lines_skipped"}


def test_elided_frames_stand_between_the_ones_they_separate() -> None:
    dump = b"goroutine 1 [running]:\na.f()\n\t/a.go:1 +0x1\n...24 frames elided...\na.g()\n\t/a.go:2 +0x1\n"
    assert stacks(decode_profile(dump))[0][0] == ("a.f", "...24 frames elided...", "a.g")
    assert stacks(decode_profile(dump.replace(b"24", b"additional")))[0][0][1] == "...additional frames elided..."


def test_ancestors_are_not_frames() -> None:
    dump = (
        b"goroutine 9 [select]:\na.f()\n\t/a.go:1 +0x1\ncreated by a.start in goroutine 1\n\t/a.go:5 +0x1\n"
        b"[originating from goroutine 1]:\na.start(...)\n\t/a.go:6 +0x1\ncreated by a.boss\n\t/a.go:8 +0x1\n"
    )
    profile = decode_profile(dump)
    assert stacks(profile) == [(("a.f",), (1,))]
    assert labels(profile, 0)["created_by"] == "a.start"


def test_the_forms_of_crashes_and_newer_go() -> None:
    dump = (
        b"goroutine 7 gp=0xc1 m=3 mp=0xc2 [GC worker (idle) (scan), 12 minutes, synctest bubble 4] {k: v}:\n"
        b"runtime.gopark(0x1?)\n\t/go/proc.go:424 +0xce fp=0xc1 sp=0xc2 pc=0x4d\n\n"
        b"goroutine 8 [syscall]:\n\tgoroutine running on other thread; stack unavailable\n"
    )
    profile = decode_profile(dump)
    assert stacks(profile) == [(("runtime.gopark",), (1,)), ((), (1,))]
    assert labels(profile, 0) == {"state": "GC worker (idle) (scan)", "wait_minutes": 12}
    assert codes(profile) == set()


def test_headings_without_a_blank_line_between() -> None:
    dump = b"goroutine 1 [running]:\na.f()\n\t/a.go:1\ngoroutine 2 [select]:\na.f()\n\t/a.go:1\n"
    assert decode_goroutine_dump(dump).total(0) == 2


def test_names_are_cleaned() -> None:
    profile = decode_profile(b"goroutine 1 [sel\x1bect]:\na.f\xff()\n\t/a.go:1\n")
    assert labels(profile, 0)["state"] == "sel\\x1bect"
    assert profile.functions.name == ("a.f\ufffd",)
    assert codes(profile) == {"text_cleaned"}
