"""Reading a profile back as one draws it: stacks of names, root last, with their values."""

from __future__ import annotations

from pipeline.model.profile import Profile


def location(profile: Profile, index: int) -> str:
    """Name a location: its functions, innermost first, or its address."""
    table = profile.locations
    lines = range(int(table.line_offset[index]), int(table.line_offset[index + 1]))
    names = [profile.functions.name[int(table.line_function[line])] for line in lines]
    return "<".join(names) or hex(int(table.address[index]))


def stacks(profile: Profile) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """List the samples, leaf first."""
    samples = profile.samples
    bounds = zip(samples.stack_offset[:-1].tolist(), samples.stack_offset[1:].tolist(), strict=True)
    frames = [tuple(location(profile, int(i)) for i in samples.stack[start:end]) for start, end in bounds]
    return list(zip(frames, (tuple(row) for row in samples.values.tolist()), strict=True))


def labels(profile: Profile, sample: int) -> dict[str, str | int]:
    """Give the labels of one sample."""
    table = profile.labels
    rows = [i for i in range(len(table)) if table.sample[i] == sample]
    return {table.key[i]: int(table.number[i]) if table.is_number[i] else table.text[i] for i in rows}


def codes(profile: Profile) -> set[str]:
    """Give the codes of the findings."""
    return {finding.code for finding in profile.findings}
