"""Which pod is profiled next."""

from __future__ import annotations

from pipeline.collect.pods import Pod, choose


def pod(name: str, *, ready: bool = True, running: bool = True, leaving: bool = False, restarts: int = 0) -> Pod:
    return Pod(name, f"uid-{name}", "", ready and running and not leaving, running and not leaving, leaving, restarts)


def test_the_same_pod_is_kept_while_it_exists() -> None:
    assert choose([pod("a", ready=False), pod("b")], pod("a"), ()) == pod("a", ready=False)


def test_a_container_being_restarted_is_waited_for() -> None:
    assert choose([pod("a", running=False), pod("b")], pod("a"), ()) is None


def test_the_newest_ready_pod_follows_one_that_is_gone() -> None:
    assert choose([pod("b"), pod("c"), pod("d", ready=False)], pod("a"), ()) == pod("c")


def test_a_pod_being_deleted_is_left() -> None:
    assert choose([pod("a", leaving=True), pod("b")], pod("a"), ()) == pod("b")


def test_a_new_pod_of_the_same_name_is_another_pod() -> None:
    old = Pod("db-0", "uid-old", "", ready=True, running=True, leaving=False, restarts=0)
    assert choose([pod("db-0", ready=False)], old, ()) is None
    assert choose([pod("db-0")], old, ()) == pod("db-0")


def test_pods_of_other_forwards_are_not_taken() -> None:
    assert choose([pod("b"), pod("c")], pod("a"), {"uid-c"}) == pod("b")
    assert choose([pod("b")], pod("a"), {"uid-b"}) is None
