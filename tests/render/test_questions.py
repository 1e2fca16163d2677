"""Questions people bring to a run, and where the page answers them."""

from __future__ import annotations

from pipeline.render.questions import questions


def test_a_question_leads_to_the_first_section_that_answers_it() -> None:
    found = questions(["verdict", "metrics", "load", "churn"], [("cpu", "profile-cpu"), ("allocs", "profile-allocs")])
    anchors = {one.text: one.anchor for one in found.answered}
    assert anchors["How fast is it?"] == "load"
    assert anchors["What allocates?"] == "profile-allocs"
    assert anchors["Where does the CPU time go?"] == "profile-cpu"
    assert "Does it grow or leak?" not in anchors


def test_a_question_without_an_answer_says_what_to_take() -> None:
    found = questions(["verdict"], [])
    assert ("Where does the CPU time go?", "a CPU profile") in found.open
    assert all(wanted for _, wanted in found.open)


def test_of_several_components_the_first_answers() -> None:
    (found,) = [one for one in questions([], [("cpu", "a-cpu"), ("cpu", "b-cpu")]).answered if "CPU" in one.text]
    assert found.anchor == "a-cpu"
