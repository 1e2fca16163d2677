"""GitHub's REST interface, and the rules of asking it: the second door to requests.

Rules: all it asks of clients is kept here: retry-after, then x-ratelimit-reset, else a minute and longer; 5xx and
broken connections again after a growing, random wait; one budget of time for all of it. The token goes to the host of
``GITHUB_API_URL`` only, over HTTPS unless that is this machine; redirects are not followed. An answer is read up to a
limit. Texts of exceptions are never shown.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

from pipeline.errors import SiteError
from pipeline.units import show

API_VERSION: Final = "2022-11-28"
PER_PAGE: Final = 100
_MINUTE: Final = 60.0
_TIMEOUTS: Final = (10.0, 30.0)
_ANSWER_BYTES: Final = 32 << 20
_MOST_PAGES: Final = 200
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class GitHubError(SiteError):
    """GitHub does not do what it was asked; ``status`` is its answer's, 0 when there was none."""

    def __init__(self, message: str, *, status: int = 0, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, headers in small letters, and its JSON (None: it has none)."""

    status: int
    headers: Mapping[str, str]
    value: Any

    @property
    def message(self) -> str:
        """Give what GitHub says, made fit for one line."""
        said = self.value.get("message", "") if isinstance(self.value, dict) else ""
        return " ".join("".join(char if char.isprintable() else " " for char in str(said)).split())[:200]

    @property
    def is_limit(self) -> bool:
        """Tell whether this is a rate limit and not a refusal."""
        if self.status == 429:
            return True
        spent = self.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in self.headers
        return self.status == 403 and (spent or "rate limit" in self.message.lower())


@dataclass(slots=True)
class GitHub:
    """A client for one repository (``owner/name``); sleep, clock, time and chance can be replaced."""

    api: str
    repository: str
    token: str = field(repr=False)
    seconds: float = 300.0
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random
    _begun: float | None = None

    def __post_init__(self) -> None:
        """Refuse to send a token in clear over a network."""
        parts = urlsplit(self.api)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
            raise GitHubError("GITHUB_API_URL is not an https address", cure="Set it to that of your GitHub server.")

    def call(self, method: str, path: str, body: object = None) -> Reply:
        """Ask once, and again as the rules allow. Raises GitHubError for any answer that is no success."""
        self._begun = self.clock() if self._begun is None else self._begun
        tries = 0
        while True:
            reply = self._once(method, path, body)
            if reply is not None and reply.status < 300:
                return reply
            wait = self._wait(reply, tries)
            if wait is None:
                assert reply is not None
                raise self._refused(method, path, reply)
            if self.clock() - self._begun + wait > self.seconds:
                raise self._too_long(reply, wait)
            self.sleep(wait)
            tries += 1

    def pages(self, path: str) -> Iterator[Any]:
        """Give the items of a list, page by page."""
        glue = "&" if "?" in path else "?"
        for page in range(1, _MOST_PAGES + 1):
            found = self.call("GET", f"{path}{glue}per_page={PER_PAGE}&page={page}").value
            items = found if isinstance(found, list) else []
            yield from items
            if len(items) < PER_PAGE:
                return

    def of_repository(self, path: str) -> str:
        """Give the path of something in the repository."""
        return f"/repos/{quote(self.repository, safe='/')}{path}"

    def _once(self, method: str, path: str, body: object) -> Reply | None:
        """Ask once; None when the connection broke."""
        import requests

        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            "User-Agent": "profbook",
        }
        try:
            with requests.request(
                method,
                self.api.rstrip("/") + path,
                json=body,
                headers=headers,
                auth=self._sign,
                timeout=_TIMEOUTS,
                allow_redirects=False,
                stream=True,
            ) as response:
                data = response.raw.read(_ANSWER_BYTES, decode_content=True)
                told = {str(name).lower(): str(value) for name, value in response.headers.items()}
                return Reply(response.status_code, told, _parsed(data))
        except Exception as error:
            if not isinstance(error, requests.RequestException | OSError) and not _is_of_urllib3(error):
                raise
            return None

    def _sign(self, request: Any) -> Any:
        # As an authentication of its own: else a .netrc file would replace it.
        if self.token:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request

    def _wait(self, reply: Reply | None, tries: int) -> float | None:
        """Say how long to wait before asking again; None: do not."""
        if reply is None or reply.status >= 500:
            return 2.0 ** min(tries, 6) * (0.5 + 0.5 * self.chance())
        if not reply.is_limit:
            return None
        asked, reset = reply.headers.get("retry-after", ""), reply.headers.get("x-ratelimit-reset", "")
        if asked.isdigit():
            return float(asked[:9]) + self.chance()
        if reply.headers.get("x-ratelimit-remaining") == "0" and reset.isdigit():
            return max(1.0, float(reset[:12]) - self.now()) + self.chance()
        return _MINUTE * 2.0 ** min(tries, 4) + self.chance()

    def _too_long(self, reply: Reply | None, wait: float) -> GitHubError:
        why = "does not answer" if reply is None else f"answers {reply.status} {reply.message}".rstrip()
        return GitHubError(
            f"GitHub {why}; to wait another {show(wait, 'seconds')} would take longer than comment.seconds allows",
            status=reply.status if reply else 0,
            cure="Run it again later; what was said here is in the log and the summary.",
        )

    def _refused(self, method: str, path: str, reply: Reply) -> GitHubError:
        cures = {
            401: "Give the job a GITHUB_TOKEN that is valid.",
            403: "The token may not do this: a fork's may not, another needs `pull-requests: write`.",
            404: "Check the repository and the number; a token without the right gets this answer too.",
        }
        where = path.partition("?")[0]
        return GitHubError(
            f"GitHub answers {reply.status} {reply.message} to {method} {where}",
            status=reply.status,
            cure=cures.get(reply.status, ""),
        )


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return None


def _is_of_urllib3(error: Exception) -> bool:
    from urllib3.exceptions import HTTPError

    return isinstance(error, HTTPError)


# --- one comment of ours -----------------------------------------------------------------------------------------


def own_name(github: GitHub) -> str:
    """Say who the token is; that of a workflow may not ask."""
    try:
        told = github.call("GET", "/user").value
    except GitHubError as error:
        if error.status in {401, 403, 404}:
            return "github-actions[bot]"
        raise
    return str(told.get("login", "")) if isinstance(told, dict) else ""


def upsert_comment(github: GitHub, number: int, text: str, *, marker: str, author: str) -> str:
    """Let a pull request have one comment that begins with ``marker``, and that it says ``text``; gives its address.

    Of several of ours the oldest stays. Comments of others are never touched. Raises GitHubError.
    """
    for _ in range(5):
        mine = _own_comments(github, number, marker, author)
        if not mine:
            # Others may do the same just now, so we look again, and the oldest stays.
            created = github.call("POST", github.of_repository(f"/issues/{number}/comments"), {"body": text}).value
            author = str((created.get("user") or {}).get("login") or author)
            mine = _own_comments(github, number, marker, author)
            if mine and mine[0]["id"] == created["id"]:
                _delete(github, mine[1:])
                return str(created.get("html_url", ""))
        if not mine:
            continue
        place = github.of_repository(f"/issues/comments/{mine[0]['id']}")
        try:
            kept = mine[0] if mine[0]["body"] == text else github.call("PATCH", place, {"body": text}).value
        except GitHubError as error:
            if error.status != 404:
                raise
            continue
        _delete(github, mine[1:])
        return str(kept.get("html_url", ""))
    raise GitHubError(f"the comment on {number} is deleted again and again", cure="Is another job doing the same?")


def _own_comments(github: GitHub, number: int, marker: str, author: str) -> list[dict[str, Any]]:
    found = [
        one
        for one in github.pages(github.of_repository(f"/issues/{number}/comments"))
        if isinstance(one, dict)
        and str(one.get("body", "")).startswith(marker)
        and str((one.get("user") or {}).get("login", "")).lower() == author.lower()
    ]
    return sorted(found, key=lambda one: int(one["id"]))


def _delete(github: GitHub, comments: list[dict[str, Any]]) -> None:
    for one in comments:
        try:
            github.call("DELETE", github.of_repository(f"/issues/comments/{one['id']}"))
        except GitHubError as error:
            if error.status != 404:  # somebody else did
                raise


def set_status(github: GitHub, sha: str, state: str, description: str, *, context: str, url: str) -> None:
    """Set a commit's status: success, failure, error or pending. Raises GitHubError."""
    facts = {"state": state, "description": description[:140], "context": context}
    github.call("POST", github.of_repository(f"/statuses/{quote(sha)}"), facts | ({"target_url": url} if url else {}))


def pull_request_of(github: GitHub, sha: str, head: str) -> int:
    """Find the open pull request whose head is this commit; ``head`` is ``owner:branch``. 0 when there is none.

    The branch is asked for, since a commit of a fork is not known to the repository; the commit must agree.
    """
    paths = [f"/pulls?state=open&head={quote(head, safe=':')}"] if head else []
    for path in [*paths, f"/commits/{quote(sha)}/pulls"]:
        try:
            for one in github.pages(github.of_repository(path)):
                if one.get("state") == "open" and (one.get("head") or {}).get("sha") == sha:
                    return int(one["number"])
        except GitHubError as error:
            if error.status not in {404, 422}:
                raise
    return 0
