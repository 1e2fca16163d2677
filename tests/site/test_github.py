"""The client and the one comment, against a server over real HTTP; waiting is only noted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from pipeline.site.github import GitHub, GitHubError, own_name, pull_request_of, set_status, upsert_comment
from tests.site.fake_github import BOT, REPOSITORY, State, fake_github

MARKER = "<!-- profbook:default -->"
TEXT = f"{MARKER}\nall is well\n"


@pytest.fixture
def server() -> Iterator[tuple[State, str]]:
    with fake_github() as made:
        yield made


class Waits:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def client(api: str, waits: Waits | None = None, **facts: object) -> GitHub:
    waits = waits or Waits()
    plain: dict[str, object] = {
        "sleep": waits.sleep, "clock": lambda: waits.now, "now": lambda: waits.now, "chance": lambda: 0.5,
    }  # fmt: skip
    return GitHub(api, REPOSITORY, "t0ken", **{**plain, **facts})  # type: ignore[arg-type]


def upsert(github: GitHub, text: str = TEXT, author: str = BOT) -> str:
    return upsert_comment(github, 7, text, marker=MARKER, author=author)


def bodies(state: State) -> list[str]:
    return [one["body"] for one in state.comments.values()]


# --- the comment -----------------------------------------------------------------------------------------------------


def test_a_comment_is_made_once_and_then_changed(server: tuple[State, str]) -> None:
    state, api = server
    first = upsert(client(api))
    second = upsert(client(api), f"{MARKER}\nworse\n")
    assert first == second
    assert "issuecomment" in first
    assert bodies(state) == [f"{MARKER}\nworse\n"]


def test_the_same_text_is_not_written_again(server: tuple[State, str]) -> None:
    state, api = server
    upsert(client(api))
    asked = len(state.asked)
    upsert(client(api))
    assert [method for method, _ in state.asked[asked:]] == ["GET"]


@pytest.mark.parametrize("before", [0, 1, 99, 100, 101, 250])
def test_ours_is_found_on_any_page(server: tuple[State, str], before: int) -> None:
    state, api = server
    for number in range(before):
        state.add(f"talk {number}", "alice")
    ours = state.add(f"{MARKER}\nold")
    state.add("more talk", "bob")
    upsert(client(api))
    assert state.comments[ours]["body"] == TEXT
    assert len(state.comments) == before + 2


def test_comments_of_others_are_never_touched(server: tuple[State, str]) -> None:
    """Somebody may copy our marker, and other keys are other comments."""
    state, api = server
    copied = state.add(f"{MARKER}\nI am profbook", "mallory")
    quoted = state.add(f"> quote\n{MARKER}", BOT)
    other = state.add("<!-- profbook:other -->\nx", BOT)
    upsert(client(api))
    assert state.comments[copied]["body"].endswith("I am profbook")
    assert state.comments[quoted]["body"].startswith("> quote")
    assert state.comments[other]["body"].endswith("x")
    assert bodies(state).count(TEXT) == 1


def test_duplicates_are_removed_and_the_oldest_stays(server: tuple[State, str]) -> None:
    state, api = server
    numbers = [state.add(f"{MARKER}\n{place}") for place in range(4)]
    upsert(client(api))
    assert list(state.comments) == numbers[:1]
    assert bodies(state) == [TEXT]


def test_fifty_at_once_end_as_one(server: tuple[State, str]) -> None:
    """All find no comment before any creates one: the worst order there is."""
    state, api = server
    for number in range(130):
        state.add(f"talk {number}", "alice")
    everybody = threading.Barrier(50)
    first = threading.local()

    class Late(GitHub):
        def call(self, method, path, body=None):  # type: ignore[no-untyped-def]
            if method == "POST" and not getattr(first, "done", False):
                first.done = True
                everybody.wait()
            return super().call(method, path, body)

    def one(number: int) -> str:
        waits = Waits()
        late = Late(api, REPOSITORY, "t0ken", sleep=waits.sleep, clock=lambda: waits.now)
        return upsert(late, f"{MARKER}\nfrom {number}\n")

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(one, range(50)))
    ours = [one for one in state.comments.values() if one["body"].startswith(MARKER)]
    assert len(ours) == 1
    assert len(state.comments) == 131
    assert ours[0]["body"] in {f"{MARKER}\nfrom {number}\n" for number in range(50)}


def test_a_comment_deleted_under_us_is_made_again(server: tuple[State, str]) -> None:
    state, api = server
    state.add(f"{MARKER}\nold")

    def delete_once(now: State) -> None:
        now.comments.clear()
        now.on_list = None

    state.on_list = delete_once
    upsert(client(api))
    assert bodies(state) == [TEXT]


def test_a_name_that_is_not_ours_does_not_make_many(server: tuple[State, str]) -> None:
    """The settings name another author than the token's: its own comment is still found after it was made."""
    state, api = server
    upsert(client(api), author="somebody")
    assert bodies(state) == [TEXT]


def test_a_text_that_is_too_long_is_refused_in_words(server: tuple[State, str]) -> None:
    _, api = server
    with pytest.raises(GitHubError, match=r"422 .*too long") as caught:
        upsert(client(api), MARKER + "x" * 65_536)
    assert caught.value.status == 422


def test_a_token_of_a_fork_may_not_write(server: tuple[State, str]) -> None:
    state, api = server
    state.may_write = False
    waits = Waits()
    with pytest.raises(GitHubError, match="403 Resource not accessible by integration") as caught:
        upsert(client(api, waits))
    assert caught.value.status == 403
    assert waits.slept == []
    assert "t0ken" not in str(caught.value) + repr(client(api))


# --- rates, faults ---------------------------------------------------------------------------------------------------

SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1090"}
SECONDARY = '{"message": "You have exceeded a secondary rate limit. Please wait."}'


@pytest.mark.parametrize(
    ("moods", "waits"),
    [
        ([(429, {"Retry-After": "7"}, "")], [7.5]),
        ([(403, {"Retry-After": "30"}, SECONDARY)], [30.5]),
        ([(403, SPENT, '{"message": "API rate limit exceeded"}')], [90.5]),
        ([(403, {}, SECONDARY)] * 2, [60.5, 120.5]),
        ([(502, {}, "<html>bad gateway")], [0.75]),
        ([(500, {}, ""), (503, {}, ""), (0, {}, "")], [0.75, 1.5, 3.0]),
    ],
)
def test_limits_and_faults_are_waited_for(
    server: tuple[State, str], moods: list[tuple[int, dict[str, str], str]], waits: list[float]
) -> None:
    state, api = server
    state.moods = list(moods)
    told = Waits()
    upsert(client(api, told))
    assert told.slept == waits
    assert bodies(state) == [TEXT]


def test_a_lost_answer_to_a_new_comment_does_not_make_two(server: tuple[State, str]) -> None:
    """The server took it, the answer was lost, so it is sent again: of both the older stays."""
    state, api = server

    def take(now: State) -> None:
        now.add(TEXT)
        now.moods.append((502, {}, ""))
        now.on_list = None

    state.on_list = take
    upsert(client(api))
    assert bodies(state) == [TEXT]


@pytest.mark.parametrize(
    "mood", [(403, {"Retry-After": "100000"}, ""), (503, {}, ""), (0, {}, ""), (403, {}, SECONDARY)]
)
def test_it_stops_when_the_time_is_up(server: tuple[State, str], mood: tuple[int, dict[str, str], str]) -> None:
    state, api = server
    state.moods = [mood] * 200
    waits = Waits()
    with pytest.raises(GitHubError, match=r"comment\.seconds"):
        upsert(client(api, waits, seconds=120.0))
    assert sum(waits.slept) <= 120


@pytest.mark.parametrize("data", ["[1, null]", "{", "", '{"message": 5}', "[" * 100_000])
def test_odd_answers_end_in_words(server: tuple[State, str], data: str) -> None:
    state, api = server
    state.moods = [(200, {}, data), (404, {}, data)]
    list(client(api).pages("/user"))
    with pytest.raises(GitHubError, match="404"):
        client(api).call("GET", "/user")


def test_redirects_are_not_followed(server: tuple[State, str]) -> None:
    state, api = server
    state.moods = [(302, {"Location": "http://127.0.0.2:1/steal"}, "")]
    with pytest.raises(GitHubError, match="302"):
        client(api).call("GET", "/user")


@pytest.mark.parametrize("api", ["http://api.github.com", "ftp://x", "api.github.com", "http://127.0.0.1.evil.test"])
def test_a_token_is_not_sent_in_clear(api: str) -> None:
    with pytest.raises(GitHubError, match="https"):
        client(api)


# --- who and where ---------------------------------------------------------------------------------------------------


def test_the_token_of_a_workflow_is_the_bot(server: tuple[State, str]) -> None:
    state, api = server
    assert own_name(client(api)) == BOT
    state.user_may_ask, state.login = True, "alice"
    assert own_name(client(api)) == "alice"


def test_a_pull_request_is_found_by_its_commit(server: tuple[State, str]) -> None:
    state, api = server
    sha, other = "a" * 40, "b" * 40
    state.pulls = [
        {"number": 5, "state": "open", "head": {"sha": other, "label": "fork:topic"}, "fork": True},
        {"number": 7, "state": "open", "head": {"sha": sha, "label": "fork:topic"}, "fork": True},
        {"number": 8, "state": "open", "head": {"sha": other, "label": "org:own"}},
        {"number": 9, "state": "closed", "head": {"sha": "c" * 40, "label": "org:own"}},
    ]
    assert pull_request_of(client(api), sha, "fork:topic") == 7
    assert pull_request_of(client(api), other, "") == 8
    assert pull_request_of(client(api), "c" * 40, "org:own") == 0
    assert pull_request_of(client(api), sha, "") == 0


def test_a_status_is_short_and_links(server: tuple[State, str]) -> None:
    state, api = server
    set_status(client(api), "a" * 40, "failure", "x" * 300, context="profbook", url="https://x.test/")
    (told,) = state.statuses
    assert len(told["description"]) == 140
    assert told["target_url"] == "https://x.test/"


def test_who_was_first_removes_what_came_after(server: tuple[State, str]) -> None:
    """Another job made its comment after ours and died before it looked again."""
    state, api = server

    class Watched(GitHub):
        def call(self, method, path, body=None):  # type: ignore[no-untyped-def]
            answer = super().call(method, path, body)
            if method == "POST":
                state.add(f"{MARKER}\nof one that died")
            return answer

    upsert(Watched(api, REPOSITORY, "t0ken"))
    assert bodies(state) == [TEXT]
