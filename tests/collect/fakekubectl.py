"""A kubectl for tests, run as a script: it does what the state file named by FAKE_KUBECTL says.

``get pods|deployment|namespace`` answer from the state; ``port-forward`` really forwards TCP to the pod's ``target``,
and ends with an error when the pod goes. State: ``pods``, ``labels`` of the deployment, ``error`` (said by every get),
``stall`` (gets never end), ``hung`` (processes whose forwards take connections and do nothing), ``deaf`` (forwards do
not begin), ``warn`` (said on stderr first). Each call is added to ``calls`` beside it, each forward to ``forwards``.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

STATE = Path(os.environ.get("FAKE_KUBECTL", "state.json"))


def state() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(STATE.read_text())
    return loaded


def fail(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.exit(1)


def main(words: list[str]) -> None:
    with STATE.with_name("calls").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    options = dict(word.removeprefix("--").split("=", 1) for word in words if word.startswith("--"))
    words = [word for word in words if not word.startswith("--")]
    now = state()
    sys.stderr.write(now.get("warn", ""))
    if now.get("stall"):
        time.sleep(600)
    if words[0] == "port-forward":
        local, remote = words[2].split(":")
        forward(words[1].removeprefix("pod/"), int(local), int(remote), options["address"])
    elif now.get("error"):
        fail(now["error"])
    elif words[1] == "namespace":
        print(f"namespace/{words[2]}")
    elif words[1] == "deployment":
        if now.get("labels") is None:
            fail(f'Error from server (NotFound): deployments.apps "{words[2]}" not found')
        print(json.dumps({"spec": {"selector": {"matchLabels": now["labels"]}}}))
    else:
        print(now["raw"] if "raw" in now else json.dumps({"items": [manifest(pod) for pod in chosen(now, options)]}))


def chosen(now: dict[str, Any], options: dict[str, str]) -> list[dict[str, Any]]:
    wanted = dict(part.split("=") for part in options.get("selector", "").split(",") if part)
    return [pod for pod in now["pods"] if wanted.items() <= pod.get("labels", {}).items()]


def manifest(pod: dict[str, Any]) -> dict[str, Any]:
    ready = pod.get("ready", True)
    return {
        "metadata": {
            "name": pod["name"],
            "uid": pod["uid"],
            "creationTimestamp": pod.get("created", "2026-01-01T00:00:00Z"),
            "annotations": {"note": "password=hunter2"},
            **({"deletionTimestamp": "2026-01-01T01:00:00Z"} if pod.get("leaving") else {}),
        },
        "spec": {
            "nodeName": "secret-node",
            "containers": [
                {"name": "sidecar", "image": "proxy:1", "ports": [{"containerPort": 15001}]},
                {
                    "name": "app",
                    "image": "shop/app:1",
                    "ports": [{"containerPort": 6060}],
                    "resources": {"limits": {"memory": "256Mi", "cpu": "2", "other/x": "1"}},
                    "env": [{"name": "TOKEN", "value": "hunter2"}],
                },
            ],
        },
        "status": {
            "phase": pod.get("phase", "Running"),
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {"name": "sidecar", "restartCount": 40, "state": {"running": {}}},
                {
                    "name": "app",
                    "restartCount": pod.get("restarts", 0),
                    "state": {"running" if ready else "waiting": {}},
                },
            ],
        },
    }


def forward(name: str, local: int, remote: int, address: str) -> None:
    pod = find(name)
    if pod is None:
        fail(f'Error from server (NotFound): pods "{name}" not found')
        return
    while state().get("deaf"):
        time.sleep(0.05)
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, local))
    except OSError:
        fail(f"error: unable to listen on any of the requested ports: [{{{local} {remote}}}]")
    listener.listen(64)
    with STATE.with_name("forwards").open("a") as forwards:
        forwards.write(f"{os.getpid()} {name} {local}\n")
    print(f"Forwarding from {address}:{local} -> {remote}", flush=True)
    threading.Thread(target=watch, args=(pod["uid"], name), daemon=True).start()
    while True:
        taken, _ = listener.accept()
        print(f"Handling connection for {local}", flush=True)
        threading.Thread(target=serve, args=(taken, name), daemon=True).start()


def find(name: str) -> dict[str, Any] | None:
    return next((pod for pod in state()["pods"] if pod["name"] == name), None)


def watch(uid: str, name: str) -> None:
    while (pod := find(name)) is not None and pod["uid"] == uid:
        time.sleep(0.05)
    sys.stderr.write("error: lost connection to pod\n")
    sys.stderr.flush()
    os._exit(1)


def serve(taken: socket.socket, name: str) -> None:
    pod = find(name)
    if pod is None or os.getpid() in state().get("hung", ()):
        time.sleep(600)
        return
    try:
        inner = socket.create_connection(("127.0.0.1", pod["target"]))
    except OSError:
        taken.close()
        return
    threading.Thread(target=pump, args=(taken, inner), daemon=True).start()
    pump(inner, taken)


def pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            if os.getpid() in state().get("hung", ()):
                time.sleep(600)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            end.close()


if __name__ == "__main__":
    main(sys.argv[1:])
