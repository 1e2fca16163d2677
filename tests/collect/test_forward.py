"""A forward stays on its port whatever happens to kubectl and to the pod; and says what it has seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.collect.capture import Fetched
from pipeline.collect.clock import SystemClock
from pipeline.collect.faults import Attempt, FetchError
from pipeline.collect.forward import Claims, Forward, Link, Pace, RealCluster, Way
from pipeline.collect.kubectl import Kubectl, KubectlError
from pipeline.collect.pods import Pod
from pipeline.collect.process import free_port
from pipeline.model.config import KubernetesConfig
from tests.collect.fakecluster import FakeCluster
from tests.collect.fakes import assert_gone, until
from tests.collect.test_pods import pod
from tests.collect.test_schedule import FakeClock

NOTHING = threading.Event()


class FakeLink:
    """A kubectl that says and does what the test wants."""

    def __init__(self, port: int) -> None:
        self.text = b"Forwarding from 127.0.0.1:%d -> 6060\n" % port
        self.dead = self.stopped = False

    def ended(self) -> bool:
        return self.dead

    def said(self) -> bytes:
        return self.text

    def stop(self) -> None:
        self.stopped = True


class Puppet:
    """A cluster without processes; ``alive`` says whether the port answers."""

    def __init__(self, *pods: Pod) -> None:
        self.listed: tuple[Pod, ...] | KubectlError = pods
        self.alive = True
        self.links: list[FakeLink] = []
        self.connected: list[tuple[str, int]] = []

    def pods(self, older_than: float = 0) -> tuple[Pod, ...]:
        if isinstance(self.listed, KubectlError):
            raise self.listed
        return self.listed

    def connect(self, pod: Pod, port: int, log: Path) -> Link:
        self.connected.append((pod.name, port))
        self.links.append(FakeLink(port))
        return self.links[-1]

    def answers(self, port: int, seconds: float) -> bool:
        return self.alive


class Stage:
    """A forward without a thread, and time that passes only between its looks."""

    def __init__(self, *pods: Pod, claims: Claims | None = None, first: Pod | None = None, name: str = "api") -> None:
        self.clock = FakeClock()
        self.cluster = Puppet(*pods)
        way = Way(name, "api", "shop", 4000, Path("forward.log"))
        self.forward = Forward(way, self.cluster, clock=self.clock, claims=claims, first=first)

    def run(self, seconds: float) -> None:
        end = self.clock.seconds + seconds
        while self.clock.seconds < end:
            self.clock.sleep(min(self.forward.step(), end - self.clock.seconds))

    @property
    def codes(self) -> list[str]:
        return [finding.code for finding in self.forward.findings()]


def test_a_forward_that_behaves_is_left_alone() -> None:
    stage = Stage(pod("a"))
    stage.run(120)
    assert stage.forward.up
    assert stage.cluster.connected == [("a", 4000)]
    assert stage.codes == []
    assert stage.forward.pod is not None
    assert (stage.forward.pod.pod, stage.forward.pod.uid, stage.forward.pod.group) == ("a", "uid-a", "api")


def test_a_kubectl_that_ends_is_replaced_on_the_same_port_to_the_same_pod() -> None:
    stage = Stage(pod("a"), pod("b"), first=pod("a"))
    stage.run(10)
    stage.cluster.links[0].text += b"error: lost connection to pod\n"
    stage.cluster.links[0].dead = True
    stage.run(1)
    assert stage.forward.up
    assert stage.cluster.connected == [("a", 4000), ("a", 4000)]
    (finding,) = stage.forward.findings()
    assert (finding.code, finding.severity) == ("forward_restarted", "info")
    assert finding.evidence == "kubectl ended: error: lost connection to pod"


def test_a_hanging_forward_is_replaced() -> None:
    stage = Stage(pod("a"))
    stage.run(10)
    stage.cluster.alive = False
    stage.run(1)
    assert not stage.cluster.links[0].stopped
    stage.run(0.5)
    assert stage.cluster.links[0].stopped
    stage.cluster.alive = True
    stage.run(1)
    assert stage.forward.up
    assert stage.codes == ["forward_restarted"]


def test_one_slow_answer_is_forgiven() -> None:
    stage = Stage(pod("a"))
    stage.run(10.1)
    stage.cluster.alive = False
    stage.run(0.6)
    stage.cluster.alive = True
    stage.run(60)
    assert len(stage.cluster.links) == 1


def test_another_pod_follows_one_that_is_gone_and_both_are_remembered() -> None:
    stage = Stage(pod("a"), first=pod("a"))
    stage.run(5)
    stage.cluster.listed = (pod("b"),)
    stage.cluster.links[0].dead = True
    stage.run(1)
    assert [(seen.pod, seen.uid) for seen in stage.forward.seen] == [("a", "uid-a"), ("b", "uid-b")]
    assert stage.codes == ["restarted", "forward_restarted"]
    assert stage.forward.findings()[0].message == "api was restarted during the run: its pod was replaced."


def test_a_container_restarted_in_its_pod_is_noticed_though_the_forward_lives() -> None:
    stage = Stage(pod("a"))
    stage.run(5)
    stage.cluster.listed = (pod("a", restarts=1),)
    stage.run(11)
    assert len(stage.cluster.links) == 1
    assert [seen.restarts for seen in stage.forward.seen] == [0, 1]
    assert stage.codes == ["restarted"]


def test_the_last_look_notices_a_late_restart() -> None:
    stage = Stage(pod("a"))
    stage.run(5)
    stage.cluster.listed = (pod("a", restarts=3),)
    stage.forward.settle()
    assert stage.codes == ["restarted"]


def test_a_cluster_that_does_not_answer_ends_no_forward() -> None:
    stage = Stage(pod("a"))
    stage.run(5)
    stage.cluster.listed = KubectlError("kubectl_unreachable", "gone")
    stage.run(60)
    stage.forward.settle()
    assert stage.forward.up
    assert stage.codes == []


def test_pauses_grow_and_are_bounded() -> None:
    stage = Stage()
    pauses = []
    for _ in range(10):
        pause = stage.forward.step()
        pauses.append(pause)
        stage.clock.sleep(pause)
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 10, 10, 10, 10]
    assert stage.codes == ["no_pod"]


def test_a_kubectl_that_says_nothing_is_ended() -> None:
    stage = Stage(pod("a"))
    stage.forward.step()
    stage.cluster.links[0].text = b"error: no such thing\n"
    stage.run(10.2)
    assert stage.cluster.links[0].stopped
    assert stage.forward.trouble == "kubectl forwards nothing"
    assert not stage.forward.ever_up
    assert "forward_restarted" not in stage.codes


def test_a_port_nobody_serves_is_said() -> None:
    stage = Stage(pod("a"))
    stage.cluster.alive = False
    stage.forward.step()
    stage.cluster.links[0].text += b"E0101 an error occurred forwarding 4000 -> 6060: connection refused\n"
    stage.run(10.2)
    assert "nothing answers behind the forward: E0101" in stage.forward.trouble
    (finding,) = stage.forward.findings()
    assert (finding.code, finding.severity) == ("forward_down", "error")


def test_a_strange_port_is_not_ours() -> None:
    stage = Stage(pod("a"))
    stage.forward.step()
    stage.cluster.links[0].text = b"Forwarding from 127.0.0.1:4001 -> 6060\n"
    stage.run(5)
    assert not stage.forward.up


def test_two_forwards_never_share_a_pod() -> None:
    claims = Claims()
    first = Stage(pod("a"), pod("b"), claims=claims, first=pod("a"), name="api.1")
    other = Stage(pod("a"), pod("b"), claims=claims, first=pod("b"), name="api.2")
    first.run(5)
    other.run(5)
    other.cluster.listed = (pod("a"),)
    other.cluster.links[0].dead = True
    other.run(30)
    assert not other.forward.up
    assert [name for name, _ in other.cluster.connected] == ["b"]
    other.cluster.listed = (pod("a"), pod("c"))
    other.run(11)
    assert [name for name, _ in other.cluster.connected] == ["b", "c"]


def got(*codes: str) -> Fetched:
    return Fetched(b"x", tuple(Attempt(code, "", 0.1) for code in (*codes, "")))


def cut(code: str) -> FetchError:
    fault = FetchError(code, "cut")
    fault.attempts = (Attempt(code, "cut", 0.1),)
    return fault


def test_a_fetch_cut_by_the_end_of_its_forward_is_taken_again() -> None:
    stage = Stage(pod("a"))
    stage.run(5)
    tried: list[float] = []

    def fetch(deadline: float) -> Fetched:
        tried.append(deadline)
        if len(tried) == 1:
            stage.cluster.links[0].dead = True
            stage.run(2)
            raise cut("reset")
        return got()

    fetched = stage.forward.through(fetch, deadline=20, needs=0, stop=NOTHING)
    assert [attempt.code for attempt in fetched.attempts] == ["reset", ""]
    assert tried[0] == 20
    assert tried[1] == pytest.approx(18, abs=0.1)


@pytest.mark.parametrize("code", ["reset", "http_404"])
def test_a_fetch_that_fails_by_itself_is_not_taken_again(code: str) -> None:
    stage = Stage(pod("a"))
    stage.run(5)
    tried: list[float] = []

    def fetch(deadline: float) -> Fetched:
        tried.append(deadline)
        raise cut(code)

    with pytest.raises(FetchError) as caught:
        stage.forward.through(fetch, deadline=20, needs=0, stop=NOTHING)
    assert (caught.value.code, len(tried)) == (code, 1)


def test_a_window_that_no_longer_fits_is_not_begun() -> None:
    stage = Stage(pod("a"))
    stage.run(5)

    def fetch(_: float) -> Fetched:
        stage.cluster.links[0].dead = True
        stage.run(12)
        raise cut("reset")

    with pytest.raises(FetchError) as caught:
        stage.forward.through(fetch, deadline=20, needs=10, stop=NOTHING)
    assert caught.value.code == "reset"


def test_no_way_to_a_pod_is_data() -> None:
    stage = Stage()
    stage.run(2)
    with pytest.raises(FetchError, match="no way to a pod of api: no pod is ready") as caught:
        stage.forward.through(lambda _: got(), deadline=5, needs=0, stop=NOTHING)
    assert (caught.value.code, caught.value.status) == ("forward_down", "missing")


# --- with processes and TCP ------------------------------------------------------------------------------------------

QUICK = Pace(poll=0.05, start=5, probe=0.2, probe_again=0.1, answer=0.3, look=0.3, pause=0.05)


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    made = FakeCluster(tmp_path, monkeypatch)
    made.add("api-1", 10)
    yield made
    made.close()


@pytest.fixture
def forward(cluster: FakeCluster, tmp_path: Path) -> Iterator[Forward]:
    kubectl = Kubectl(KubernetesConfig(deployment="api"), root=tmp_path)
    way = Way("api", "api", "default", free_port(), tmp_path / "api" / "forward.log")
    made = Forward(way, RealCluster(kubectl, SystemClock()), clock=SystemClock(), pace=QUICK)
    made.open()
    until(lambda: made.up, "forward")
    assert [name for _, name, _ in cluster.forwards()] == ["api-1"]
    yield made
    made.close()
    assert_gone(f"port-forward --address=127.0.0.1 pod/api-1 {made.port}:")


def test_a_killed_kubectl_is_replaced(cluster: FakeCluster, forward: Forward) -> None:
    cluster.kill_last()
    until(lambda: forward.generation == 2 and forward.up, "new forward")
    assert {port for _, _, port in cluster.forwards()} == {forward.port}
    assert len(forward.seen) == 1


def test_a_kubectl_that_takes_connections_and_hangs_is_replaced(cluster: FakeCluster, forward: Forward) -> None:
    cluster.hang()
    until(lambda: forward.generation == 2 and forward.up, "new forward")
    assert "the forward hangs" in forward.findings()[0].evidence


def test_the_pod_is_replaced(cluster: FakeCluster, forward: Forward) -> None:
    cluster.add("api-2", 20)
    cluster.remove("api-1")
    until(lambda: forward.generation == 2 and forward.up, "new forward")
    assert [seen.uid for seen in forward.seen] == ["uid-api-1", "uid-api-2"]
    assert forward.seen[1].limits == (("cpu", "2"), ("memory", "256Mi"))


def test_a_kubectl_that_is_slow_to_begin_is_waited_for(cluster: FakeCluster, forward: Forward) -> None:
    cluster.save(deaf=True)
    cluster.kill_last()
    until(lambda: not forward.up, "loss")
    cluster.save(deaf=False)
    until(lambda: forward.up, "new forward")
