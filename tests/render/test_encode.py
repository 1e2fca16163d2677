from __future__ import annotations

import html
import json
import re
import subprocess
import unicodedata
from html.parser import HTMLParser
from urllib.parse import parse_qs

import markdown
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.render import encode
from tests.records import HOSTILE

ANY = st.text() | st.sampled_from(HOSTILE)
EXTENSIONS = ["tables", "toc", "attr_list", "admonition", "def_list", "pymdownx.superfences", "pymdownx.highlight"]


@given(ANY)
def test_visible_leaves_nothing_hidden(text: str) -> None:
    shown = encode.visible(text)
    hidden = [char for char in shown if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}]
    assert set(hidden) <= {"\n", "\t"}
    assert encode.visible(shown) == shown


def test_visible_spells_out_what_it_replaces() -> None:
    assert encode.visible("a\u202eb\x1b\U000e0001") == "a\\u202eb\\x1b\\U000e0001"
    assert encode.visible("größe µs 漢字 🚀") == "größe µs 漢字 🚀"


@given(
    st.recursive(
        ANY | st.integers() | st.booleans() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(ANY, inner)
    )
)
def test_json_text_is_the_same_value_and_harmless_in_a_script(value: object) -> None:
    text = encode.json_text(value)
    assert json.loads(text) == json.loads(json.dumps(value))
    assert not re.search("[<>&\u2028\u2029]", text)


def test_json_text_refuses_what_is_not_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        encode.json_text(float("nan"))


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    ("before", "after", "tags"), [("", "", ["p"]), ("# ", "", ["h1"]), ("> - ", "", ["blockquote", "ul", "li"])]
)
def test_markdown_shows_the_text_and_nothing_else(text: str, before: str, after: str, tags: list[str]) -> None:
    source = f"{before}x{encode.markdown(text)}{after}"
    parser = _Text()
    parser.feed(markdown.markdown(source, extensions=EXTENSIONS))
    assert parser.tags == tags
    assert "".join(parser.text.split()) == "".join(("x" + encode.visible(text)).split())


@given(ANY)
def test_yaml_text_reads_back(text: str) -> None:
    assert yaml.safe_load(f"key: {encode.yaml_text(text)}") == {"key": encode.visible(text)}


@given(ANY)
def test_search_text_is_html_of_the_text(text: str) -> None:
    written = encode.search_text(text)
    assert not re.search("[<>\"']", written)
    assert html.unescape(written) == html.unescape(html.escape(encode.visible(text)))


@given(ANY)
def test_url_path_is_a_plain_path(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", encode.url_path(text.encode("utf-8", "replace").decode()))


def test_url_path_keeps_slashes_and_encodes_the_rest() -> None:
    assert encode.url_path("a b/ü?#.prof") == "a%20b/%C3%BC%3F%23.prof"


@given(ANY)
def test_safe_name_is_one_plain_segment(text: str) -> None:
    name = encode.safe_name(text)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name)
    assert ".." not in name


def test_safe_name_keeps_plain_names_and_tells_others_apart() -> None:
    assert encode.safe_name("v1.2_x-3") == "v1.2_x-3"
    assert encode.safe_name("feature/x") != encode.safe_name("feature-x")
    assert encode.safe_name("feature/x").startswith("feature-x-")


@given(st.lists(ANY, min_size=1, max_size=3))
def test_anchor_is_an_id(parts: list[str]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_-]*", encode.anchor(*parts))


def test_anchors_of_different_parts_differ() -> None:
    assert encode.anchor("a-b", "c") != encode.anchor("a", "b-c")
    assert encode.anchor("a", "B") != encode.anchor("a", "b")
    assert encode.anchor("profile", "cpu") == "profile-cpu"


def test_the_shell_reads_a_quoted_path_as_one_word() -> None:
    from pipeline.render.commands import commands
    from tests.records import profile

    for text in HOSTILE[:-1]:
        one = profile(f"{text}.prof")
        line = commands("run", [one], one, profiles_dir="profiles", site_url="", raw=False)[0].text
        words = subprocess.run(
            ["sh", "-c", f'set -- {line}; printf "%s" "$#"'], capture_output=True, text=True, check=True
        )
        assert words.stdout == "5", line


@given(ANY)
def test_a_value_in_a_fragment_comes_back_and_ends_no_attribute(text: str) -> None:
    value = encode.fragment_value(text)
    assert re.fullmatch(r"[A-Za-z0-9._~/!()*,:;@%-]*", value)
    assert parse_qs(f"c={value}", keep_blank_values=True)["c"] == [text.encode("utf-8", "replace").decode()]


def test_names_in_a_fragment_stay_readable() -> None:
    assert encode.fragment_value("a/b.(*T[x]).Do+1&2") == "a/b.(*T%5Bx%5D).Do%2B1%262"
    assert encode.fragment_value("\ud800") == "%3F"
