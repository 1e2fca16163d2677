"""Topics: what `-focus` would leave, each sample once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.filter import filter_by_name
from pipeline.analysis.pattern import compile_pattern
from pipeline.analysis.pattern_syntax import PatternError
from pipeline.analysis.rollup import roll_up
from pipeline.analysis.source import open_profile
from pipeline.analysis.topics import compile_topics, searcher
from pipeline.decode import decode_profile
from pipeline.model.cost import TOPIC_PRESETS, Topic
from tests.analysis.drawing import drawn
from tests.builders import pprof_bytes

NAMES = ("main.main", "encoding/json.Unmarshal", "k8s.io/client-go/dynamic.List", "a.io/openapi.Build", "pq.DeCode")
WORDS = st.text(alphabet="abcKkſ\u212aİß", max_size=8)


@given(st.lists(WORDS, min_size=1, max_size=3).map("|".join), WORDS, st.sampled_from(["", "(?i)"]))
def test_looking_for_words_is_what_the_engine_does(words: str, text: str, flag: str) -> None:
    assert searcher(flag + words)(text) == compile_pattern(flag + words).search(text)


@pytest.mark.parametrize(("text", "expected"), [("claſs", True), ("CLASS", True), ("KELVIN", False), ("clas", False)])
def test_letters_beyond_ascii_fold_as_in_go(text: str, *, expected: bool) -> None:
    assert searcher("(?i)class|nothing")(text) == expected


@pytest.mark.parametrize("pattern", ["a.c", "(?i)a|b+", "(?s)x", "a(b|c)", r"\.", "(?i:a)|b", "[ab]", "(?i)"])
def test_other_patterns_are_left_to_the_engine(pattern: str) -> None:
    for text in ("abc", "aXc", "B", ".", "x\n", "", "[ab]"):
        assert searcher(pattern)(text) == compile_pattern(pattern).search(text)


def test_a_pattern_go_would_refuse() -> None:
    with pytest.raises(PatternError):
        compile_topics([Topic("bad", "a(")])


@given(
    st.lists(st.tuples(st.lists(st.sampled_from(NAMES), max_size=5), st.integers(0, 99)), min_size=1, max_size=10),
    st.lists(st.sampled_from(["(?i)json|decode", "client-go", "open.pi", "main", "nothing", "a.go$"]), unique=True),
)
def test_a_topic_is_what_focus_leaves(samples: list[tuple[list[str], int]], patterns: list[str]) -> None:
    data = pprof_bytes([(stack, (1, value)) for stack, value in samples], files={"a.io/openapi.Build": "/x/a.go"})
    profile = decode_profile(data)
    (rollup,) = roll_up(profile, topics=compile_topics([Topic(text, text) for text in patterns]))
    opened = open_profile(profile)
    for topic, text in zip(rollup.topics, patterns, strict=True):
        left, _ = filter_by_name(opened, focus=compile_pattern(text), ignore=None, hide=None, show=None)
        assert topic.cum == int(left.samples.values[:, 1].sum())
        leaves = {name for name in NAMES if compile_pattern(text).search(name)}
        leaves |= {"a.io/openapi.Build"} if text == "a.go$" else set()
        assert topic.flat == sum(value for stack, value in samples if stack and stack[-1] in leaves)
        assert {row.name for row in topic.functions} <= leaves
    together = "|".join(f"(?:{text})" for text in patterns)
    left, _ = filter_by_name(opened, focus=compile_pattern(together), ignore=None, hide=None, show=None)
    assert rollup.topic_union == (int(left.samples.values[:, 1].sum()) if patterns else 0)


def test_functions_of_a_topic_are_the_heaviest_and_may_recur() -> None:
    stack = ["main.main", "encoding/json.Unmarshal", "pq.DeCode", "encoding/json.Unmarshal"]
    profile = drawn([(stack, (1, 10)), (stack[:2], (1, 4)), (stack[:3], (1, 1))])
    (rollup,) = roll_up(profile, topics=compile_topics([Topic("JSON", "(?i)json|decode")]))
    rows = [(row.name, row.flat, row.cum) for row in rollup.topics[0].functions]
    assert rows == [("encoding/json.Unmarshal", 14, 15), ("pq.DeCode", 1, 11)]


def test_a_topic_of_some_sample_types_only() -> None:
    heap = [("alloc_objects", "count"), ("alloc_space", "bytes"), ("inuse_objects", "count"), ("inuse_space", "bytes")]
    profile = decode_profile(pprof_bytes([(["encoding/json.Unmarshal"], (1, 2, 3, 4))], heap))
    topics = compile_topics(
        [Topic("all", "json"), Topic("some", "json", ("alloc_space",)), Topic("none", "json", ("x",))]
    )
    found = {
        one.sample_type.type: [(topic.name, topic.cum) for topic in one.topics]
        for one in roll_up(profile, topics=topics)
    }
    assert found["alloc_space"] == [("all", 2), ("some", 2)]
    assert found["inuse_space"] == [("all", 4)]
    unions = {one.sample_type.type: one.topic_union for one in roll_up(profile, topics=topics[1:])}
    assert unions == {"alloc_objects": 0, "alloc_space": 2, "inuse_space": 0}


def test_the_name_of_the_binary_counts_as_it_does_in_focus() -> None:
    (rollup,) = roll_up(
        drawn([(["main.main"], (1, 10)), ([], (1, 5))]), topics=compile_topics([Topic("all", "/bin/a")])
    )
    assert (rollup.topics[0].flat, rollup.topics[0].cum, rollup.topics[0].functions) == (10, 10, ())


def test_the_preset_knows_the_names_of_an_operator() -> None:
    found = {one.topic.name: one.search for one in compile_topics(TOPIC_PRESETS["kubernetes"])}
    expected = {
        "k8s.io/kube-openapi/pkg/util/proto.NewOpenAPIData": {"OpenAPI"},
        "sigs.k8s.io/json/internal/golang/encoding/json.(*decodeState).object": {"JSON"},
        "k8s.io/client-go/dynamic.(*dynamicResourceClient).Get": {"Dynamic client"},
        "k8s.io/client-go/tools/cache.(*sharedIndexInformer).Run": {
            "Dynamic client",
            "Informer and cache",
            "Reconcile",
        },
        "example.com/controllers.(*ThingReconciler).Reconcile": {"Reconcile"},
        "runtime.mallocgc": set(),
    }
    assert {name: {topic for topic, search in found.items() if search(name)} for name in expected} == expected
