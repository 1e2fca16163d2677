"""Headings that lead to themselves."""

from __future__ import annotations

from pipeline.render.permalinks import linked_headings


def test_headings_with_an_id_get_a_link_and_others_do_not() -> None:
    made = linked_headings('<h2 id="runs">Runs <span>9</span></h2><h3 class="pb-card__title">x</h3><h3 id="a-1">y</h3>')
    assert made.count('class="headerlink"') == 2
    assert 'Runs <span>9</span><a class="headerlink" href="#runs"' in made
    assert 'href="#a-1"' in made


def test_text_that_looks_like_a_heading_is_left_alone() -> None:
    assert linked_headings("&lt;h2 id=&#34;x&#34;&gt;y&lt;/h2&gt;") == "&lt;h2 id=&#34;x&#34;&gt;y&lt;/h2&gt;"
