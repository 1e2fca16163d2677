from __future__ import annotations

import pytest

from pipeline.site.links import name_index


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="../">', '<a href="../index.html">'),
        ('<a href=".">', '<a href="index.html">'),
        ('<a href="..">', '<a href="../index.html">'),
        ('<a class="x" href="../guide/#top">', '<a class="x" href="../guide/index.html#top">'),
        ('<a href="./">', '<a href="./index.html">'),
        ('<a href="x.html">', '<a href="x.html">'),
        ('<a href="#top">', '<a href="#top">'),
        ('<a href="">', '<a href="">'),
        ('<a href="https://x.test/">', '<a href="https://x.test/">'),
        ('<a href="mailto:a/">', '<a href="mailto:a/">'),
        ('<a href="/abs/">', '<a href="/abs/">'),
        ('<link rel="canonical" href="x/">', '<link rel="canonical" href="x/">'),
    ],
)
def test_name_index(before: str, after: str) -> None:
    assert name_index(before) == after
    assert name_index(after) == after
