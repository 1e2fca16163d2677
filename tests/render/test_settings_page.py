"""The settings page has a row for every setting, and its Markdown tables stay tables."""

from __future__ import annotations

import re

from pipeline.model.config import Config
from pipeline.render.settings_page import _text, setting_sections

SECTIONS = {section.header: {row.key: row for row in section.rows} for section in setting_sections()}


def test_sections_are_named_as_in_the_file() -> None:
    assert {"", "[components.NAME]", "[load]", "[collect]", "[variants.NAME]", "[[compare]]", "[site]"} <= set(SECTIONS)
    assert "[components.NAME.kubernetes]" in SECTIONS


def test_rows_show_default_and_environment() -> None:
    row = SECTIONS["[collect]"]["cpu_seconds"]
    assert (row.default, row.variable) == ("`10`", "PROFBOOK_COLLECT__CPU_SECONDS")
    assert SECTIONS["[collect]"]["before"].default == '`["heap", "allocs", "goroutine"]`'
    assert SECTIONS["[[compare]]"]["base"].default == "*must be given*"
    assert SECTIONS["[[compare]]"]["base"].variable == ""
    assert SECTIONS["[components.NAME]"]["url"].variable == "PROFBOOK_COMPONENTS__NAME__URL"


def test_choices_are_listed() -> None:
    assert "One of `phases`, `interval`" in SECTIONS["[collect]"]["plan"].about


def test_every_row_is_one_row_of_a_table() -> None:
    for section in setting_sections():
        for row in section.rows:
            assert row.about, f"{section.header} {row.key} has no description"
            for cell in (row.default, row.about):
                assert "\n" not in cell
                assert not re.search(r"(?<!\\)\|", cell), f"{section.header} {row.key}"


def test_only_code_is_markup() -> None:
    assert _text("<b> *x* `a|b*` [y](z) _w_") == ("&#60;b&#62; &#42;x&#42; `a\\|b*` &#91;y&#93;(z) &#95;w&#95;")
    assert _text("an odd ` stays") == "an odd  stays"


def test_the_top_has_the_format() -> None:
    assert set(SECTIONS[""]) == {
        name for name, field in Config.model_fields.items() if name in {"format", "topics_preset"}
    }
