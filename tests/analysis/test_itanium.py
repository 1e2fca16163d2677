"""Mangled C++ names, one example for each thing the reader knows; the oracle compares thousands."""

from __future__ import annotations

import pytest

from pipeline.analysis.itanium import read_cpp


@pytest.mark.parametrize(
    ("symbol", "shown"),
    [
        ("3foov", "foo"),
        ("N2ns3Bar3bazERKS0_", "ns::Bar::baz"),
        ("N2ns3BarC1Ev", "ns::Bar::Bar"),
        ("N2ns3BarD0Ev", "ns::Bar::~Bar"),
        ("NSsC1Ev", "std::basic_string::basic_string"),
        ("NKSt3mapIiSt4pairIKiS0_EE2atERS1_", "std::map::at"),
        ("St4moveIRiEONSt16remove_referenceIT_E4typeEOS2_", "std::move"),
        ("NK2ns3BarcvbEv", "ns::Bar::operator bool"),
        ("N2nsplERKNS_1AES2_", "ns::operator+"),
        ("li3_kmy", 'operator"" _km'),
        ("N12_GLOBAL__N_13runEv", "(anonymous namespace)::run"),
        ("Z4mainE1x", "main::x"),
        ("ZNK1A3runEiE5count", "A::run() const::count"),
        ("ZN1A3runEvENKUliPKcE0_clEiS1_", "A::run()::{lambda(int, char const*)#2}::operator()"),
        ("Z4mainvENKUlT_E_clIiEEDaS_", "main()::{lambda(auto:1)#1}::operator()"),
        ("N1AUt_D1Ev", "A::{unnamed type#1}::~{unnamed type#1}"),
        ("TVN2ns3BarE", "vtable for ns::Bar"),
        ("TIPFvPKiA4_cE", "typeinfo for void (*)(int const*, char [4])"),
        ("GVZ4mainvE1x", "guard variable for main()::x"),
        ("Thn16_N1A3runEi", "non-virtual thunk to A::run(int)"),
        ("N1A3getB5cxx11Ev", "A::get[abi:cxx11]"),
        ("N1XIXadL_Z3foovEEE3runEv", "X::run"),
        ("3foov.isra.0", "foo"),
    ],
)
def test_reads(symbol: str, shown: str) -> None:
    assert read_cpp(symbol) == shown


@pytest.mark.parametrize("symbol", ["", "N", "N3foo", "S9_", "9short", "T_", "Q", "N" * 500, "1" * 50])
def test_what_is_not_understood_gives_nothing(symbol: str) -> None:
    assert read_cpp(symbol) is None


@pytest.mark.parametrize(
    "symbol",
    ["3fooIX" + "ng" * 9000, "3fooI" + "J" * 9000, "N" + "1A" * 50_000, "9" * 9000],
)
def test_hostile_symbols_are_given_up(symbol: str) -> None:
    assert read_cpp(symbol) is None


def test_text_that_doubles_with_every_reference_is_given_up() -> None:
    doubling = "".join(f"FvS{index}_S{index}_E" for index in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert read_cpp(f"1fIFvvEFvS_S_E{doubling}E") is None
