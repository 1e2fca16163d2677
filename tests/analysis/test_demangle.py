"""Names as pprof shows them."""

from __future__ import annotations

import pytest

from pipeline.analysis.demangle import AS_GIVEN, NameStyle, demangle, demangle_names, simplify
from tests.analysis.drawing import decoded, drawn, string
from tests.builders import pprof_message


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("main.(*T).Run", "main.(*T).Run"),
        ("main.(*T[...]).Run", "main.(*T[...]).Run"),
        ("slices.Sort[go.shape.func(int)]", "slices.Sort[go.shape.func]"),
        ("ns::f<int(*)(char)>::g(int) const", "ns::f::g const"),
        ("Foo.<init>(int)", "Foo.<init>(int)"),
        ("a::b(c", "a::b(c"),
        ("a::b)c(d)", "a::b)c(d)"),
        ("operator<", "operator<"),
        ("_ZN7rocksdb6DBImpl3GetEv", "rocksdb::DBImpl::Get"),
        ("__ZN7rocksdb6DBImpl3GetEv", "rocksdb::DBImpl::Get"),
        ("_Znonsense", "_Znonsense"),
    ],
)
def test_simplify(name: str, shown: str) -> None:
    assert simplify(name) == shown


@pytest.mark.parametrize("name", ["ns::f(int)", "f<int>", "a[b", "c]", "d>", "_ZN7rocksdb6DBImpl3GetEv", "main.f"])
def test_whatever_marks_a_foreign_name_is_enough(name: str) -> None:
    assert demangle_names(drawn([(["main", name], [1, 1])])).functions.name == ("main", simplify(name))


def test_old_rust_symbols() -> None:
    assert demangle("_ZN3std2rt10lang_start17h0123456789abcdefE") == "std::rt::lang_start"
    shown = "<T as core::fmt::Display>::fmt"
    assert demangle("_ZN40_$LT$T$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE") == shown


def test_names_the_producer_made_readable_stay() -> None:
    message = pprof_message([(["x"], [1, 1])])
    message.function[0].name = string(message, "ns::f(int)")
    message.function[0].system_name = string(message, "_ZN2ns1fEi")
    profile = decoded(message)
    assert demangle_names(profile).functions.name == ("ns::f(int)",)
    assert demangle_names(profile, NameStyle(force=True)).functions.name == ("ns::f",)


def test_a_missing_name_is_the_system_s() -> None:
    message = pprof_message([(["x"], [1, 1])])
    message.function[0].name = 0
    message.function[0].system_name = string(message, "ns::f<int>(int)")
    profile = decoded(message)
    assert demangle_names(profile).functions.name == ("ns::f",)
    assert demangle_names(profile, NameStyle(templates=False)).functions.name == ("ns::f<int>",)


def test_as_given() -> None:
    profile = drawn([(["_ZN2ns1fEi"], [1, 1])])
    assert demangle_names(profile, AS_GIVEN) is profile
