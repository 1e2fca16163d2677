import json
from dataclasses import dataclass
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.model.record import RunRecord
from pipeline.model.run import Manifest
from pipeline.model.verdict import Comparison
from pipeline.store import codec


@dataclass(frozen=True)
class Leaf:
    name: str
    number: float | None = None
    flag: bool = False


@dataclass(frozen=True)
class Tree:
    kind: Literal["a", "b"]
    size: int
    leaves: tuple[Leaf, ...] = ()
    pairs: tuple[tuple[float, int], ...] = ()
    first: Leaf | None = None


def nan_safe(value: object) -> str:
    return repr(value)


@pytest.mark.property
@pytest.mark.parametrize("kind", [RunRecord, Comparison, Manifest, Tree])
def test_any_value_comes_back_and_its_bytes_are_stable(kind):
    # st.from_type reads the same hints as the codec: a new field in the model is tested without a change here.
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.from_type(kind))
    def check(value):
        data = codec.dump(value)
        again = codec.load(data, kind)
        assert nan_safe(again) == nan_safe(value)
        assert codec.dump(again) == data
        json.loads(data)

    check()


def test_an_integer_in_a_float_field_has_the_bytes_of_the_float():
    assert codec.dump(Leaf("x", 1)) == codec.dump(Leaf("x", 1.0))


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("[]", "document must be an object"),
        ('{"kind":"a"}', "lacks size"),
        ('{"kind":"c","size":1}', "/kind must be one of"),
        ('{"kind":"a","size":"1"}', "/size must be int"),
        ('{"kind":"a","size":true}', "/size must be int"),
        ('{"kind":"a","size":1,"more":2}', "unknown key /more"),
        ('{"kind":"a","size":1,"leaves":[{"name":"x","number":"1"}]}', "/leaves/0/number must be a number"),
        ('{"kind":"a","size":1,"leaves":{}}', "/leaves must be a list"),
        ('{"kind":"a","size":1,"pairs":[[1,2,3]]}', "/pairs/0 must be a list of 2"),
        ('{"kind":"a","size":NaN}', "NaN is not JSON"),
    ],
)
def test_what_is_wrong_is_named(document, complaint):
    with pytest.raises(ValueError, match=complaint.replace("[", r"\[")):
        codec.load(document.encode(), Tree)


def test_unknown_keys_can_be_collected():
    unknown = []
    plain = {"kind": "a", "size": 1, "new": 1, "leaves": [{"name": "x", "newer": 2}]}
    assert codec.from_plain(plain, Tree, unknown) == Tree("a", 1, (Leaf("x"),))
    assert sorted(unknown) == ["/leaves/0/newer", "/new"]


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError, match="set has no JSON form"):
        codec.dump(Leaf({1}))
