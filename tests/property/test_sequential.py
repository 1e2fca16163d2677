"""Adaptive measuring keeps its error rate and saves runs: seeded simulations of whole collections."""

from __future__ import annotations

import pytest

from pipeline.compare.sequential import Look, plan_looks
from pipeline.compare.stats import ALPHA
from tests.bench.sequential import claimed, saved, simulate

pytestmark = pytest.mark.property
LOOKS = plan_looks(16)
MANY = 2000


@pytest.mark.parametrize("metrics", [1, 3])
def test_without_a_difference_few_collections_claim_one(metrics: int) -> None:
    # Noise so large that nothing is ever settled as unchanged: every collection takes all its looks.
    found = simulate(MANY, LOOKS, noise=0.3, metrics=metrics)
    assert sum(one.rounds == 16 for one in found) > 0.9 * MANY
    assert 0.005 < claimed(found) <= ALPHA


def test_looking_without_a_plan_claims_too_often() -> None:
    naive = tuple(Look(look.rounds, ALPHA) for look in LOOKS)
    assert claimed(simulate(500, naive, noise=0.3, metrics=1)) > 1.5 * ALPHA


def test_a_true_difference_is_found_with_fewer_runs() -> None:
    found = simulate(300, LOOKS, noise=0.05, effect=0.1, affected=2, metrics=2)
    assert claimed(found) > 0.95
    assert saved(found, 16) >= 0.3


def test_no_difference_is_settled_early_where_there_is_little_noise() -> None:
    found = simulate(300, LOOKS, noise=0.02)
    assert sum(one.step.reason == "unchanged" for one in found) > 0.95 * len(found)
    assert saved(found, 16) >= 0.3


def test_a_difference_as_large_as_is_asked_about_is_seldom_called_unchanged() -> None:
    found = simulate(500, LOOKS, noise=0.07, effect=0.1, affected=1, metrics=1)
    assert sum(one.step.reason == "unchanged" for one in found) <= ALPHA * len(found)


def test_a_base_of_few_runs_is_allowed_for() -> None:
    found = simulate(500, plan_looks(16, base_runs=5), noise=0.3, metrics=1, base_runs=5)
    assert claimed(found) <= ALPHA + 0.01
