from __future__ import annotations

import pytest

from pipeline.errors import SiteError
from pipeline.render import env
from tests.records import HOSTILE


def _fill(template: str, **values: object) -> str:
    return env.render(env.environment({"t": template}), "t", **values)


@pytest.mark.parametrize("text", HOSTILE)
def test_every_value_is_escaped_and_visible(text: str) -> None:
    filled = _fill('<p title="{{ x }}">{{ x }}</p>', x=text)
    assert "<script" not in filled
    assert "<img" not in filled
    assert filled.count('"') == 2
    assert "\u202e" not in filled
    assert "49" not in filled.replace("\\x", "")


def test_values_are_never_templates() -> None:
    assert _fill("{{ x }}", x="{{ 7*7 }}{% if %}") == "{{ 7*7 }}{% if %}"


def test_island_closes_no_script() -> None:
    assert "</script>" not in _fill("<script>{{ x | island }}", x={"a": "</script><script>"})


@pytest.mark.parametrize("template", ["{{ missing }}", "{{ x.missing }}", "{% if %}", "{% include 'none' %}"])
def test_a_faulty_template_is_a_site_error_that_names_it(template: str) -> None:
    with pytest.raises(SiteError, match="template"):
        _fill(template, x=1)


def test_filters() -> None:
    assert _fill("{{ 1536 | show('bytes') }}") == "1.50 kB"
    assert _fill("{{ -1536 | signed('bytes') }}") == "−1.50 kB"
    assert _fill("{{ 0.1234 | percent }} {{ none | percent }}") == "12.3 % –"
    assert _fill("{{ 0.2 | width(0.4) }} {{ none | width }} {{ 3 | width }}") == "50.0% 0.0% 100.0%"
    assert _fill("{{ '2026-01-02T03:04:05.5Z' | when }}|{{ 'JAZZ' | when }}") == "2026-01-02 03:04:05 UTC|JAZZ"
    assert _fill("{{ 'a/b.(*T).<x>' | breakable }}") == "a/<wbr>b.<wbr>(*T)<wbr>.<wbr>&lt;x&gt;"
    assert _fill("k: {{ 'a: #b' | yaml }}") == 'k: "a: #b"'
    assert _fill("{{ '*a*' | md }}") == "&#42;a&#42;"


def test_what_a_log_told_is_shortened_to_where_the_reason_stands() -> None:
    assert _fill("{{ x | excerpt }}", x="one\ntwo\n3\n4\n5\n") == "one\ntwo\n3\n4\n5"
    lines = [f"line {place}" for place in range(1, 13)]
    assert _fill("{{ x | excerpt }}", x="\n".join(lines)).splitlines() == [
        "line 1",
        "… 8 lines left out …",
        "line 10",
        "line 11",
        "line 12",
    ]
    short = _fill("{{ x | excerpt }}", x="a" * 300 + "b" * 300)
    assert short == f"{'a' * 200} … 200 characters … {'b' * 200}"


def test_templates_are_compiled_ahead_of_their_use() -> None:
    texts = {"a.html.j2": "{{ x }}", "b.html.j2": "{% if %}", "guide.md": "{% if %}"}
    made = env.environment(texts)
    pieces = list(env.compilations(made, texts))
    assert len(pieces) == 2
    assert not made.cache
    for piece in pieces:
        piece()
    assert [name for _, name in made.cache] == ["a.html.j2"]
    assert env.environment(dict(texts)) is made
    assert env.environment(texts | {"a.html.j2": "new"}) is not made
    with pytest.raises(SiteError):
        env.render(made, "b.html.j2")


class AnewError(Exception):
    pass


def refuse(*_: object, **__: object) -> None:
    raise AnewError


def test_what_templates_are_compiled_to_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[str, str] = {}
    texts = {"t": "{{ 1536 | show('bytes') }} {{ x }}"}
    assert env.render(env.environment(texts, env.Compiled(kept, "1")), "t", x=1) == "1.50 kB 1"
    (name,) = kept
    monkeypatch.setattr(env.Environment, "compile", refuse)
    assert env.render(env.environment(texts, env.Compiled(kept, "1")), "t", x=2) == "1.50 kB 2"
    for others, key in ((texts, "2"), ({"t": "{{ x }}"}, "1")):
        with pytest.raises(AnewError):
            env.render(env.environment(others, env.Compiled(kept, key)), "t", x=1)
    other_format = {name: "x" + kept[name]}
    with pytest.raises(AnewError):
        env.render(env.environment(texts, env.Compiled(other_format, "1")), "t", x=1)


def test_a_template_is_filled_where_nothing_can_be_kept() -> None:
    class Full(dict[str, str]):
        def __setitem__(self, key: str, value: str) -> None:
            raise OSError(28, "No space left on device")

    assert env.render(env.environment({"t": "{{ x }}"}, env.Compiled(Full(), "")), "t", x=1) == "1"
