"""kubectl: what it is asked, what it answers, and what its errors become."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.collect import kubectl as module
from pipeline.collect.kubectl import Kubectl, KubectlError
from pipeline.collect.services import check_commands
from pipeline.errors import ConfigError
from pipeline.model.config import Config, KubernetesConfig
from pipeline.store.config import load_config
from tests.collect.fakecluster import FakeCluster
from tests.collect.fakes import assert_gone
from tests.collect.test_schedule import FakeClock


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeCluster]:
    made = FakeCluster(tmp_path, monkeypatch)
    yield made
    made.close()


def asked(tmp_path: Path, **settings: Any) -> Kubectl:
    table = {"namespace": "shop", "deployment": "api"} | settings
    return Kubectl(KubernetesConfig.model_validate(table), root=tmp_path, clock=FakeClock())


def test_pods_of_a_deployment_are_those_its_selector_matches(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-2", created="2026-01-02T00:00:00Z")
    cluster.add("api-1", restarts=2)
    cluster.add("other", labels={"app": "else"})
    cluster.save(warn="W0101 this is deprecated\n")
    first, second = asked(tmp_path).pods()
    assert (first.name, first.uid, first.restarts, first.ready) == ("api-1", "uid-api-1", 2, True)
    assert (first.images, first.limits) == (("shop/app:1",), (("cpu", "2"), ("memory", "256Mi")))
    assert second.name == "api-2"
    assert cluster.calls()[-1][-3:] == ["pods", "--selector=app=shop", "--output=json"]


def test_settings_are_passed_as_one_word_each(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("hco-operator-1")
    cluster.add("hco-webhook-1")
    found = asked(tmp_path, deployment="", pod_prefix="hco-op", context="kind-a", kubeconfig="kube/config").pods()
    assert [pod.name for pod in found] == ["hco-operator-1"]
    words = cluster.calls()[-1]
    assert {"--namespace=shop", "--context=kind-a", f"--kubeconfig={tmp_path}/kube/config"} <= set(words)
    assert not [word for word in words if word.startswith("--selector")]


def test_what_kubectl_logs_does_not_hide_what_it_says(cluster: FakeCluster, tmp_path: Path) -> None:
    said = "The connection to the server 127.0.0.1:1 was refused - did you specify the right host?"
    log = 'E1121 15:07:09.120624   24748 memcache.go:265] "Unhandled Error" err="no API group list"'
    cluster.save(error="\n".join([*[log] * 5, said]))
    with pytest.raises(KubectlError) as caught:
        asked(tmp_path).pods()
    assert caught.value.message == f"kubectl: {said}"
    cluster.save(error=log)
    with pytest.raises(KubectlError, match="memcache"):
        asked(tmp_path).pods()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"', "kubectl_forbidden"),
        ('Error from server (NotFound): namespaces "shop" not found', "kubectl_not_found"),
        ('error: context "kind-a" does not exist', "kubectl_context"),
        (
            "The connection to the server 127.0.0.1:1 was refused - did you specify the right host?",
            "kubectl_unreachable",
        ),
        ("error: You must be logged in to the server (Unauthorized)", "kubectl_unauthorized"),
        ("panic: nothing known", "kubectl_failed"),
    ],
)
def test_errors_have_codes_and_keep_no_secret(cluster: FakeCluster, tmp_path: Path, said: str, code: str) -> None:
    cluster.save(error=f"{said} token=hunter2")
    with pytest.raises(KubectlError) as caught:
        asked(tmp_path).pods()
    assert caught.value.code == code
    assert caught.value.message.startswith(f"kubectl: {said[:12]}")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "raw", ["", "[]", "{", '{"items": {}}', '{"items": [1]}', '{"items": [{"spec": 3}]}', "[" * 9999]
)
def test_an_answer_that_is_none_is_an_error(cluster: FakeCluster, tmp_path: Path, raw: str) -> None:
    cluster.save(raw=raw)
    with pytest.raises(KubectlError, match="no JSON of pods"):
        asked(tmp_path).pods()


def test_pods_with_names_that_are_none_are_left_out(cluster: FakeCluster, tmp_path: Path) -> None:
    for name in ("--kubeconfig=/etc/x", "a b", "../x", "UPPER"):
        cluster.add(name)
    cluster.add("done", phase="Succeeded")
    assert asked(tmp_path).pods() == ()


def test_a_kubectl_that_never_answers_is_ended(
    cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ASK_SECONDS", 0.3)
    cluster.save(stall=True)
    with pytest.raises(KubectlError) as caught:
        asked(tmp_path).namespace_exists()
    assert caught.value.code == "kubectl_timeout"
    assert_gone(f"{tmp_path}/bin/kubectl")


def test_waiting_ends_with_a_ready_pod(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1", ready=False)
    kubectl = asked(tmp_path, deployment_seconds=60)
    checked: list[int] = []

    def stop() -> bool:
        checked.append(1)
        if len(checked) == 3:
            cluster.change("api-1", ready=True)
        return False

    ready, unready = kubectl.wait_for_pods(stop)
    assert [pod.name for pod in ready] == ["api-1"]
    assert unready == ()


def test_waiting_has_a_deadline_and_says_what_was_wrong(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1", ready=False)
    with pytest.raises(KubectlError, match=r"after 6 s: nothing is ready: deployment api in namespace shop") as caught:
        asked(tmp_path, deployment_seconds=6).wait_for_pods(lambda: False)
    assert caught.value.code == "no_pod"


def test_who_may_not_is_told_at_once(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.save(error="Error from server (Forbidden): deployments.apps is forbidden")
    with pytest.raises(KubectlError) as caught:
        asked(tmp_path).wait_for_pods(lambda: False)
    assert caught.value.code == "kubectl_forbidden"
    assert len(cluster.calls()) == 2  # the namespace may be seen by nobody; then the deployment


def test_all_replicas_are_waited_for_and_those_missing_are_named(cluster: FakeCluster, tmp_path: Path) -> None:
    cluster.add("api-1")
    cluster.add("api-2", ready=False)
    cluster.add("api-3", leaving=True)
    ready, unready = asked(tmp_path, replicas="all", deployment_seconds=6).wait_for_pods(lambda: False)
    assert ([pod.name for pod in ready], [pod.name for pod in unready]) == (["api-1"], ["api-2"])


def test_without_kubectl_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    config = Config.model_validate({"components": {"a": {"kubernetes": {"deployment": "a"}}}})
    with pytest.raises(KubectlError, match="kubectl is not on PATH") as caught:
        check_commands(config)
    assert "Install kubectl" in caught.value.cure
    check_commands(Config.model_validate({"components": {"a": {"url": "http://127.0.0.1:1"}}}))


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"namespace": "--all"}, "namespace"),
        ({"namespace": "a b"}, "namespace"),
        ({"deployment": "-o=json"}, "deployment"),
        ({"deployment": "a", "selector": "a=b"}, "one of deployment, selector and pod_prefix"),
        ({}, "one of deployment, selector and pod_prefix"),
        ({"selector": "--kubeconfig=/x"}, "selector"),
        ({"selector": "a=$(id)"}, "selector"),
        ({"deployment": "a", "port": 0}, "port"),
        ({"deployment": "a", "context": "-x"}, "context"),
        ({"deployment": "a", "replicas": "all", "created_by_load": True}, "cannot be all while created_by_load"),
        ({"deployment": "a", "replica": "all"}, "did you mean replicas"),
    ],
)
def test_settings_that_cannot_be_are_refused(tmp_path: Path, table: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_config(tmp_path, overrides={"components": {"api": {"kubernetes": table or {"port": 1}}}})


def test_a_pod_component_has_no_other_address(tmp_path: Path) -> None:
    parts: dict[str, Any] = {"a": {"kubernetes": {"deployment": "a", "replicas": "all"}, "url": "http://x"}}
    with pytest.raises(ConfigError, match="leave out url and command"):
        load_config(tmp_path, overrides={"components": parts})
    del parts["a"]["url"]
    (tmp_path / "profbook.toml").write_text('[components."a.2"]\nurl = "http://x"\n')
    with pytest.raises(ConfigError, match="is the name of a replica of a"):
        load_config(tmp_path, overrides={"components": parts})


def test_the_namespace_of_older_scripts_is_read(tmp_path: Path) -> None:
    (tmp_path / "profbook.toml").write_text('[components.a.kubernetes]\npod_prefix = "hco-"\n')
    config = load_config(tmp_path, {"E2E_PROFILE_NAMESPACE": "olmv1-system"})
    pods = config.components["a"].kubernetes
    assert pods is not None
    assert pods.namespace == "olmv1-system"
    assert (pods.namespace_seconds, pods.deployment_seconds) == (900, 600)


@pytest.mark.parametrize(
    ("selector", "written"),
    [
        ({"matchLabels": {"b": "2", "a": "1"}}, "a=1,b=2"),
        ({"matchExpressions": [{"key": "k", "operator": "NotIn", "values": ["x", "y"]}]}, "k notin (x,y)"),
        ({"matchExpressions": [{"key": "k", "operator": "DoesNotExist"}]}, "!k"),
    ],
)
def test_selectors_are_written_as_kubectl_takes_them(selector: dict[str, Any], written: str) -> None:
    assert module.parse_selector(json.dumps({"spec": {"selector": selector}}).encode()) == written


@pytest.mark.parametrize("labels", [{}, {"a": "--x"}, {"a": "b,c=d"}, {"a b": "c"}])
def test_selectors_that_would_select_something_else_are_refused(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="selector"):
        module.parse_selector(json.dumps({"spec": {"selector": {"matchLabels": labels}}}).encode())
