"""Profiles that `tests.builders` cannot draw: inlined calls, labels, files; and reading stacks back."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.analysis.columns import unfold
from pipeline.decode import decode_profile
from pipeline.model.profile import Profile
from pipeline.proto import profile_pb2
from tests.builders import Stack, pprof_message


def string(message: profile_pb2.Profile, text: str) -> int:
    """Add a string to the table of a message."""
    message.string_table.append(text.encode())
    return len(message.string_table) - 1


def decoded(message: profile_pb2.Profile) -> Profile:
    """Decode a message."""
    return decode_profile(message.SerializeToString())


def drawn(samples: Sequence[tuple[Stack, Sequence[int]]], **facts: str) -> Profile:
    """Decode a drawn profile; facts are texts of the message (drop_frames, keep_frames)."""
    message = pprof_message(samples)
    for name, text in facts.items():
        setattr(message, name, string(message, text))
    return decoded(message)


def inlined_message() -> profile_pb2.Profile:
    """Draw outer → middle → leaf, where leaf was inlined into middle."""
    message = pprof_message([(["outer", "middle"], [1, 10])])
    name = string(message, "leaf")
    message.function.add(id=9, name=name, system_name=name)
    middle = next(place for place in message.location if place.id == 2)
    line = middle.line[0]
    del middle.line[:]
    middle.line.add(function_id=9, line=7)
    middle.line.append(line)
    return message


def inlined_profile() -> Profile:
    """Decode `inlined_message`."""
    return decoded(inlined_message())


def labelled(samples: Sequence[tuple[Stack, int, dict[str, str | tuple[int, str]]]]) -> Profile:
    """Draw samples with labels: a text, or a number and its unit."""
    message = pprof_message([(stack, [value]) for stack, value, _ in samples], [("cpu", "nanoseconds")])
    for sample, (_, _, labels) in zip(message.sample, samples, strict=True):
        for key, value in labels.items():
            if isinstance(value, str):
                sample.label.add(key=string(message, key), str=string(message, value))
            else:
                sample.label.add(key=string(message, key), num=value[0], num_unit=string(message, value[1]))
    return decoded(message)


def stacks_of(profile: Profile) -> list[list[str]]:
    """Read the stacks back, root first, as they were drawn."""
    stacks = unfold(profile)
    lines = profile.locations.line_function
    names = [profile.functions.name[lines[line]] if line >= 0 else "?" for line in stacks.slot_line.tolist()]
    bounds = zip(stacks.offset[:-1].tolist(), stacks.offset[1:].tolist(), strict=True)
    return [[names[slot] for slot in stacks.slot[start:end][::-1].tolist()] for start, end in bounds]
