"""A GitHub REST server over real HTTP: comments, statuses and pull requests of one repository, and its moods.

As the real one it refuses comments over 65,536 characters (422), gives at most 100 items a page, answers 403 to tokens
that may not, and can be told to be busy: rate limits, secondary limits, 5xx, broken connections.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "org/shop"
LIMIT = 65_536
BOT = "github-actions[bot]"


@dataclass
class State:
    """What the server holds; ``moods`` are answers given before any other: (status, headers, body)."""

    comments: dict[int, dict[str, Any]] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    moods: list[tuple[int, dict[str, str], str]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    login: str = BOT
    may_write: bool = True
    user_may_ask: bool = False
    on_list: Any = None
    lock: Any = field(default_factory=threading.RLock)
    next_id: int = 1000

    def add(self, body: str, login: str = BOT) -> int:
        with self.lock:
            self.next_id += 1
            place = f"https://github.example/{REPOSITORY}/pull/7#issuecomment-{self.next_id}"
            one = {"id": self.next_id, "body": body, "user": {"login": login}, "html_url": place}
            self.comments[self.next_id] = one
            return self.next_id


class Handler(BaseHTTPRequestHandler):
    state: State
    protocol_version = "HTTP/1.1"

    def log_message(self, *_words: object) -> None:
        pass

    def reply(self, status: int, value: Any = None, headers: dict[str, str] | None = None) -> None:
        data = b"" if value is None else value.encode() if isinstance(value, str) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_all(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        parts = urlsplit(self.path)
        with self.state.lock:
            self.state.asked.append((self.command, self.path))
            if self.state.moods:
                status, headers, text = self.state.moods.pop(0)
                if status == 0:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.reply(status, text, headers)
                return
            if self.headers.get("Authorization") != "Bearer t0ken":
                self.reply(401, {"message": "Bad credentials"})
                return
            self.answer(parts.path, parse_qs(parts.query), body)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_all  # noqa: N815

    def answer(self, path: str, query: dict[str, list[str]], body: Any) -> None:
        state = self.state
        if path == "/user":
            forbidden = {"message": "Resource not accessible by integration"}
            self.reply(200, {"login": state.login}) if state.user_may_ask else self.reply(403, forbidden)
        elif self.command != "GET" and not state.may_write:
            self.reply(403, {"message": "Resource not accessible by integration"})
        elif self.command == "GET" and re.fullmatch(rf"/repos/{REPOSITORY}/issues/7/comments", path):
            self.page([state.comments[key] for key in sorted(state.comments)], query)
            if state.on_list:
                state.on_list(state)
        elif self.command == "POST" and path == f"/repos/{REPOSITORY}/issues/7/comments":
            if self.fits(body):
                self.reply(201, state.comments[state.add(body["body"], state.login)])
        elif found := re.fullmatch(rf"/repos/{REPOSITORY}/issues/comments/(\d+)", path):
            self.one(int(found[1]), body)
        elif self.command == "POST" and (found := re.fullmatch(rf"/repos/{REPOSITORY}/statuses/(\w+)", path)):
            state.statuses.append({"sha": found[1], **body})
            self.reply(201, {})
        elif path == f"/repos/{REPOSITORY}/pulls":
            self.page([one for one in state.pulls if one["head"]["label"] == query["head"][0]], query)
        elif found := re.fullmatch(rf"/repos/{REPOSITORY}/commits/(\w+)/pulls", path):
            self.page([one for one in state.pulls if one["head"]["sha"] == found[1] and not one.get("fork")], query)
        else:
            self.reply(404, {"message": "Not Found"})

    def page(self, items: list[Any], query: dict[str, list[str]]) -> None:
        size = min(100, int(query.get("per_page", ["30"])[0]))
        page = int(query.get("page", ["1"])[0])
        self.reply(200, items[size * (page - 1) : size * page])

    def fits(self, body: Any) -> bool:
        if len(body["body"]) <= LIMIT:
            return True
        self.reply(422, {"message": f"Validation Failed: body is too long (maximum is {LIMIT} characters)"})
        return False

    def one(self, number: int, body: Any) -> None:
        state = self.state
        if number not in state.comments:
            self.reply(404, {"message": "Not Found"})
        elif self.command == "DELETE":
            del state.comments[number]
            self.reply(204)
        elif self.fits(body):
            state.comments[number]["body"] = body["body"]
            self.reply(200, state.comments[number])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256


@contextmanager
def fake_github() -> Iterator[tuple[State, str]]:
    """Run a server; gives its state and the address of its interface."""
    state = State()
    handler = type("Bound", (Handler,), {"state": state})
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
