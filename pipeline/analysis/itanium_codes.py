"""Letters of mangled C++ names and what they stand for.

Rules: a table a line of the format's grammar. Format: https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling.
"""

from __future__ import annotations

from typing import Final

BUILTIN: Final = {
    "a": "signed char", "b": "bool", "c": "char", "d": "double", "e": "long double", "f": "float", "g": "__float128",
    "h": "unsigned char", "i": "int", "j": "unsigned int", "l": "long", "m": "unsigned long", "n": "__int128",
    "o": "unsigned __int128", "s": "short", "t": "unsigned short", "v": "void", "w": "wchar_t", "x": "long long",
    "y": "unsigned long long", "z": "...",
}  # fmt: skip
BUILTIN_D: Final = {
    "a": "auto", "c": "decltype(auto)", "f": "decimal32", "d": "decimal64", "e": "decimal128", "h": "half",
    "i": "char32_t", "n": "decltype(nullptr)", "s": "char16_t", "u": "char8_t",
}  # fmt: skip
OPERATORS: Final = {
    "aN": "&=", "aS": "=", "aa": "&&", "ad": "&", "an": "&", "cl": "()", "cm": ",", "co": "~", "dV": "/=",
    "da": " delete[]", "de": "*", "dl": " delete", "dv": "/", "eO": "^=", "eo": "^", "eq": "==", "ge": ">=", "gt": ">",
    "ix": "[]", "lS": "<<=", "le": "<=", "ls": "<<", "lt": "<", "mI": "-=", "mL": "*=", "mi": "-", "ml": "*",
    "mm": "--", "na": " new[]", "ne": "!=", "ng": "-", "nt": "!", "nw": " new", "oR": "|=", "oo": "||", "or": "|",
    "pL": "+=", "pl": "+", "pm": "->*", "pp": "++", "ps": "+", "pt": "->", "qu": "?", "rM": "%=", "rS": ">>=",
    "rm": "%", "rs": ">>", "ss": "<=>", "aw": " co_await",
}  # fmt: skip
UNARY: Final = frozenset({"ad", "aw", "co", "de", "ng", "nt", "nx", "ps", "st", "sz", "te", "ti", "at", "az", "sp"})
STANDARD: Final = {
    "t": "std", "a": "std::allocator", "b": "std::basic_string", "s": "std::string", "i": "std::istream",
    "o": "std::ostream", "d": "std::iostream",
}  # fmt: skip
STANDARD_LONG: Final = {
    "s": "std::basic_string", "i": "std::basic_istream", "o": "std::basic_ostream", "d": "std::basic_iostream",
}  # fmt: skip
SPECIAL: Final = {"V": "vtable", "T": "VTT", "I": "typeinfo", "S": "typeinfo name"}
OF_NAMES: Final = {"GV": "guard variable for ", "TH": "TLS init function for ", "TW": "TLS wrapper function for "}
OF_FUNCTIONS: Final = {
    "Thn?[0-9]+_": "non-virtual thunk to ",
    "Tvn?[0-9]+_n?[0-9]+_": "virtual thunk to ",
    "GTt": "transaction clone for ",
    "GTn": "non-transaction clone for ",
}
QUALIFIERS: Final = {"r": "restrict", "V": "volatile", "K": "const"}
