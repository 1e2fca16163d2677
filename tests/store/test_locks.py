import json
import multiprocessing
import os

from pipeline.store import locks


def _hold(folder, ready, release):
    with locks.hold(folder, "site"):
        ready.set()
        release.wait(30)


def test_a_waiter_is_told_who_holds_the_lock_and_then_gets_it(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, release))
    holder.start()
    assert ready.wait(30)
    said = []

    def say(message):
        said.append(message)
        release.set()

    with locks.hold(tmp_path, "site", say=say, patience=0.05):
        holder.join(30)
    assert len(said) == 1
    assert f"process {holder.pid} on " in said[0]
    assert " since " in said[0]


def test_a_killed_holder_frees_its_lock(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(tmp_path, ready, release))
    holder.start()
    assert ready.wait(30)
    holder.kill()
    holder.join(30)
    with locks.hold(tmp_path, "site"):
        assert json.loads((tmp_path / "site.holder").read_bytes())["pid"] == os.getpid()
    assert not (tmp_path / "site.holder").exists()


def test_a_damaged_holder_file_is_described_in_general_words(tmp_path):
    for content in (b"", b"[]", b"\xff", b'{"pid":"x"}'):
        (tmp_path / "x.holder").write_bytes(content)
        assert locks.describe(tmp_path / "x.holder") == "another process is working on it"


def test_different_names_do_not_wait_for_each_other(tmp_path):
    with locks.hold(tmp_path, "a"), locks.hold(tmp_path, "b", patience=0.0):
        assert (tmp_path / "a.holder").exists()
