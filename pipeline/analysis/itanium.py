"""Reading one mangled C++ name, as ``_ZN2db4Impl3GetEv``, into the short form pprof shows, ``db::Impl::Get``.

Rules: parameters, return types and template arguments are read past, because later parts of a symbol refer to earlier
ones by number, but not shown. A symbol that is not fully understood gives None and keeps its mangled name.
Format: https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pipeline.analysis import itanium_codes as codes
from pipeline.analysis.itanium_reader import Name, NotUnderstoodError, Reader


def read_cpp(symbol: str) -> str | None:
    """Give the readable name of a symbol without its ``_Z``; None when it is not understood."""
    try:
        return _Symbol(symbol).encoding().text
    except (NotUnderstoodError, IndexError):
        return None


class _Symbol(Reader):
    """The grammar: a method a rule, named after it."""

    def encoding(self) -> Name:
        """Read a whole entity as it is shown at the top: without parameters, which nothing follows."""
        return self.special() or self.name()

    def function(self, *, parameters: bool) -> Name:
        """Read an entity that something follows, as the function around a local name: ``f() const``."""
        special = self.special()
        if special:
            return special
        name = self.name()
        if self.peek() in {"E", ""}:
            return name
        if name.template and parameters:
            raise NotUnderstoodError
        outer, types = self.arguments, []
        while self.peek() not in {"E", ""}:
            types.append(self.type().show())
        self.arguments = outer
        listed = ", ".join(types) if parameters and types != ["void"] else ""
        return Name(f"{name.text}({listed}){name.qualifiers}", name.last)

    def special(self) -> Name | None:
        if self.peek() == "T" and self.peek(2)[1:] in codes.SPECIAL:
            self.at += 2
            return Name(f"{codes.SPECIAL[self.text[self.at - 1]]} for {self.type().show()}")
        for code, prefix in codes.OF_NAMES.items():
            if self.take(code):
                return Name(prefix + self.name().text)
        for code, prefix in codes.OF_FUNCTIONS.items():
            if found := re.compile(code).match(self.text, self.at):
                self.at = found.end()
                return Name(prefix + self.function(parameters=True).text)
        if self.peek() in {"T", "G"}:
            raise NotUnderstoodError
        return None

    def name(self) -> Name:
        with self.deeper():
            return self._name()

    def _name(self) -> Name:
        if self.take("N"):
            return self.nested()
        if self.take("Z"):
            return self.local()
        remembered = False
        if self.take("St"):
            part = self.unqualified()
            name = Name(f"std::{part.text}", part.last)
        elif self.peek() == "S":
            name, remembered = self.substitution(), True
        else:
            name = self.unqualified()
        if self.peek() == "I":
            if not remembered:
                self.add(name)
            return self.with_arguments(name)
        return name

    def with_arguments(self, name: Name) -> Name:
        self.template_arguments()
        return Name(name.text, name.last, template=True)

    def nested(self) -> Name:
        self.take("H")
        qualifiers = self.qualifiers()
        for sign, mark in (("R", " &"), ("O", " &&")):
            qualifiers += mark if self.take(sign) else ""
        name: Name | None = None
        while not self.take("E"):
            sign = self.peek()
            if sign == "M" and name:
                self.at += 1
                continue
            if sign == "S":
                name = self.substitution(in_prefix=True)
                continue
            if sign == "I" and name:
                name = self.with_arguments(name)
            elif sign == "T":
                name = self.template_parameter()
            else:
                part = self.structor(name) if name and sign in {"C", "D"} else self.unqualified()
                name = Name(f"{name.text}::{part.text}" if name else part.text, part.last)
            if self.peek() != "E":
                self.add(name)
        if name is None:
            raise NotUnderstoodError
        return replace(name, qualifiers=qualifiers)

    def qualifiers(self) -> str:
        words = []
        while self.peek() in codes.QUALIFIERS:
            words.append(f" {codes.QUALIFIERS[self.peek()]}")
            self.at += 1
        return "".join(reversed(words))

    def structor(self, name: Name) -> Name:
        kind = self.peek()
        self.at += 1
        if kind == "C" and self.take("I"):
            self.at += 1
            self.type()
        else:
            self.at += 1
        return self.tagged(Name(("~" if kind == "D" else "") + name.last, name.last))

    def local(self) -> Name:
        scope = self.function(parameters=False)
        self.need("E")
        if self.take("s"):
            self.discriminator()
            return Name(f"{scope.text}::string literal")
        prefix = f"{{default arg#{self.ordinal()}}}::" if self.take("d") else ""
        name = self.name()
        self.discriminator()
        return replace(name, text=f"{scope.text}::{prefix}{name.text}")

    def discriminator(self) -> None:
        found = re.compile(r"__\d+_|_\d|\d+$").match(self.text, self.at)
        self.at = found.end() if found else self.at

    def unqualified(self) -> Name:
        self.take("F")
        sign = self.peek()
        if sign.isdigit():
            name = self.source_name()
        elif self.take("L"):
            name = self.source_name()
            self.discriminator()
        elif self.take("Ut"):
            name = Name(f"{{unnamed type#{self.ordinal()}}}")
        elif self.take("Ul"):
            name = self.closure()
        elif self.take("cv"):
            target = f"operator {self.type().show()}"
            name = Name(target, target)
        elif self.take("li"):
            text = f'operator"" {self.source_name().text}'
            name = Name(text, text)
        elif self.peek(2) in codes.OPERATORS:
            text = f"operator{codes.OPERATORS[self.peek(2)]}"
            self.at += 2
            name = Name(text, text)
        else:
            raise NotUnderstoodError
        return self.tagged(replace(name, last=name.last or name.text))

    def tagged(self, name: Name) -> Name:
        while self.take("B"):
            name = Name(f"{name.text}[abi:{self.source_name().text}]", name.last)
        return name

    def source_name(self) -> Name:
        size = self.number()
        text = self.peek(size)
        if size <= 0 or len(text) < size:
            raise NotUnderstoodError
        self.at += size
        if re.match(r"_GLOBAL_[._$]N.", text):
            text = "(anonymous namespace)"
        return Name(text, text)

    def closure(self) -> Name:
        self.in_lambda += 1
        types = []
        while not self.take("E"):
            types.append(self.type().show())
        self.in_lambda -= 1
        listed = ", ".join(types) if types != ["void"] else ""
        return Name(f"{{lambda({listed})#{self.ordinal()}}}")

    def substitution(self, *, in_prefix: bool = False) -> Name:
        self.need("S")
        sign = self.peek()
        if sign in codes.STANDARD:
            self.at += 1
            long_form = in_prefix and self.peek() in {"C", "D"}
            text = codes.STANDARD_LONG.get(sign, codes.STANDARD[sign]) if long_form else codes.STANDARD[sign]
            name = Name(text, text.rpartition("::")[2])
            return self.add(self.tagged(name)) if self.peek() == "B" else name
        index = self.sequence()
        if index >= len(self.seen):
            raise NotUnderstoodError
        return self.seen[index]

    def template_parameter(self) -> Name:
        self.need("T")
        index = self.sequence()
        if self.in_lambda:
            return Name(f"auto:{index + 1}")
        if index >= len(self.arguments):
            raise NotUnderstoodError
        return self.arguments[index]

    def template_arguments(self) -> None:
        self.at += 1
        arguments = []
        while not self.take("E"):
            arguments.append(self.template_argument())
        self.arguments = arguments

    def template_argument(self) -> Name:
        with self.deeper():
            return self._template_argument()

    def _template_argument(self) -> Name:
        if self.take("L"):
            return self.literal()
        if self.take("X"):
            self.expression()
            self.need("E")
            return Name("")
        if self.peek() in {"I", "J"}:
            outer = self.arguments
            self.template_arguments()
            pack, self.arguments = self.arguments, outer
            return Name(", ".join(one.show() for one in pack))
        return self.type()

    def literal(self) -> Name:
        if self.take("_Z") or self.take("Z"):
            name = self.function(parameters=False)
            self.need("E")
            return name
        self.type()
        end = self.text.index("E", self.at) if "E" in self.text[self.at :] else -1
        if end < 0:
            raise NotUnderstoodError
        value = self.text[self.at : end]
        self.at = end + 1
        return Name(value)

    def expression(self) -> None:
        """Read past the expressions that are common in template arguments."""
        with self.deeper():
            self._expression()

    def _expression(self) -> None:
        code = self.peek(2)
        if self.take("L"):
            self.literal()
        elif self.peek() == "T":
            self.template_parameter()
        elif code in {"cl", "il"}:
            self.at += 2
            while not self.take("E"):
                self.expression()
        elif code == "sr":
            self.at += 2
            self.type()
            self.unqualified()
            if self.peek() == "I":
                self.template_arguments()
        elif code in {"sZ", "sP", "st", "ti", "at"}:
            self.at += 2
            self.type()
        elif code in codes.OPERATORS or code in codes.UNARY:
            self.at += 2
            for _ in range(1 if code in codes.UNARY else 3 if code == "qu" else 2):
                self.expression()
        else:
            raise NotUnderstoodError

    def type(self) -> Name:
        with self.deeper():
            return self._type()

    def _type(self) -> Name:
        qualifiers = self.qualifiers()
        plain = self._plain_type(qualified=bool(qualifiers))
        return self.add(plain.decorated(qualifiers)) if qualifiers else plain

    def _plain_type(self, *, qualified: bool) -> Name:
        sign = self.peek()
        if sign in codes.BUILTIN:
            self.at += 1
            return Name(codes.BUILTIN[sign])
        marks = {"P": "*", "R": "&", "O": "&&", "C": " _Complex", "G": " _Imaginary"}
        if sign in marks:
            self.at += 1
            return self.add(self._reference(self.type(), marks[sign]))
        if sign == "F":
            function = self.function_type()
            return function if qualified else self.add(function)
        if sign == "A":
            return self.add(self.array_type())
        if sign == "M":
            return self.add(self.member_pointer())
        if sign == "D":
            return self.d_type()
        if sign == "T":
            return self.t_type()
        if sign == "S":
            return self.s_type()
        if sign == "U":
            return self.unqualified() if self.peek(2) in {"Ul", "Ut"} else self.vendor_type()
        if self.take("u"):
            return self.add(self.source_name())
        if sign.isdigit() or sign in {"N", "Z"}:
            return self.add(self.name())
        raise NotUnderstoodError

    @staticmethod
    def _reference(base: Name, mark: str) -> Name:
        """Collapse references to references as the language does."""
        if mark in {"&", "&&"} and base.text.endswith("&") and not base.post:
            return base if mark == "&&" else Name(base.text.rstrip("&") + "&")
        return base.decorated(mark)

    def vendor_type(self) -> Name:
        self.need("U")
        qualifier = self.source_name()
        if self.peek() == "I":
            self.template_arguments()
        return self.add(self.type().decorated(f" {qualifier.text}"))

    def function_type(self) -> Name:
        self.need("F")
        self.take("Y")
        types = []
        while not self.take("E"):
            if self.peek(2) in {"RE", "OE"}:
                self.at += 1
                continue
            types.append(self.type().show())
        listed = "" if types[1:] == ["void"] else ", ".join(types[1:])
        return Name(types[0], post=f"({listed})")

    def array_type(self) -> Name:
        self.need("A")
        bound = "" if self.peek() == "_" else str(self.number()) if self.peek().isdigit() else self._expression_text()
        self.need("_")
        return Name(self.type().show(), post=f"[{bound}]")

    def _expression_text(self) -> str:
        start = self.at
        self.expression()
        return self.text[start : self.at]

    def member_pointer(self) -> Name:
        self.need("M")
        owner, member = self.type(), self.type()
        return member.decorated(f" {owner.text}::*")

    def d_type(self) -> Name:
        self.need("D")
        sign = self.peek()
        self.at += 1
        if sign in {"t", "T"}:
            text = self._expression_text()
            self.need("E")
            return self.add(Name(f"decltype ({text})"))
        if sign == "p":
            return self.add(self.type())
        if sign in {"o", "O", "w", "x"}:
            if sign == "O":
                self.expression()
                self.need("E")
            return self.function_type()
        if sign in codes.BUILTIN_D:
            return Name(codes.BUILTIN_D[sign])
        raise NotUnderstoodError

    def t_type(self) -> Name:
        for code, kind in (("Ts", "struct"), ("Tu", "union"), ("Te", "enum")):
            if self.take(code):
                return self.add(Name(f"{kind} {self.name().text}"))
        name = self.add(self.template_parameter())
        return self.add(self.with_arguments(name)) if self.peek() == "I" else name

    def s_type(self) -> Name:
        if self.peek(2)[1:] in codes.STANDARD.keys() - {"t"}:
            name = self.name()
            return self.add(name) if name.template else name
        if self.peek(2) == "St":
            return self.add(self.name())
        name = self.substitution()
        return self.add(self.with_arguments(name)) if self.peek() == "I" else name
