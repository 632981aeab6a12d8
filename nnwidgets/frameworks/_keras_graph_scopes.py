"""Finds scopes in the names of many layers that stand side by side: ``conv2_block1_1_bn`` lies in conv2 → block1.

Models as those of ``keras.applications`` are flat: hundreds of layers without a module around a few of them. Layers
that follow one another and whose names begin alike are put together. As they follow one another in the order of
computing, nothing goes out of a scope and comes back into it from behind. Small models stay as they are.
"""

from __future__ import annotations

import collections
import itertools
import re
from collections.abc import Sequence
from typing import Final, Protocol

from nnwidgets.frameworks._keras_graph_words import automatic

#: Members that are left side by side; further ones make a group hard to read.
_FEW: Final = 16
#: Members that a word without a number must be shared by, and one with a number.
_SHARED: Final = 3
_NUMBERED: Final = 2
#: Members without names of their own that are left side by side.
_MANY: Final = 40

Scope = tuple[str, ...]


class Member(Protocol):
    """One call.

    Attributes
    ----------
    name, kind
        The name of the layer, and of its class.
    inputs, outputs
        Marks of the arrays that go in and come out.
    """

    name: str
    kind: str
    inputs: list[int]
    outputs: list[int]


def scopes(members: Sequence[Member]) -> list[Scope]:
    """Return for each member the scopes that it lies in, from outside to inside, each with a name of its own.

    What follows "#" in a name only keeps two scopes apart.
    """
    if len(members) <= _FEW:
        return [()] * len(members)
    tokens = _joined(members, [_tokens(member) for member in members])
    found: list[list[str]] = [[] for _ in members]
    counter = itertools.count()
    _split(list(range(len(members))), tokens, found, counter)
    named = [tuple(scope) for scope in found]
    return named if any(named) else _blocks(members)


def _tokens(member: Member) -> list[str]:
    """Split a name into words, a number alone belonging to the word before; none for a name that Keras chose."""
    if automatic(member.name, member.kind):
        return []
    words: list[str] = []
    for word in re.split(r"[/_]+", member.name):
        if word.isdigit() and words and not re.search(r"\d$", words[-1]):
            words[-1] += f"_{word}"
        elif word:
            words.append(word)
    return words


def _joined(members: Sequence[Member], tokens: list[list[str]]) -> list[list[str]]:
    """Let what has no name of its own stay with the layer before it, whose output it takes."""
    joined: list[list[str]] = []
    for at, words in enumerate(tokens):
        joined.append([*joined[-1][:-1], ""] if _belongs(members, tokens, joined, at) else words)
    return joined


def _belongs(members: Sequence[Member], tokens: list[list[str]], joined: list[list[str]], at: int) -> bool:
    if tokens[at] or not at or len(joined[-1]) < 2:
        return False
    if not set(members[at].inputs) & set(members[at - 1].outputs):
        return False
    following = next((words for words in tokens[at:] if words), [""])
    return len(members[at].inputs) > 1 or following[0] == joined[-1][0]


def _split(
    places: list[int], tokens: list[list[str]], found: list[list[str]], counter: itertools.count[int]
) -> None:
    """Put what begins alike into scopes, then look into each of them."""
    for _, grouped in itertools.groupby(places, key=lambda place: (tokens[place] or [""])[0] or -place - 1):
        run = list(grouped)
        first = (tokens[run[0]] or [""])[0]
        enough = _NUMBERED if re.search(r"\d[a-z]?$", first) else _SHARED
        if not first or len(run) < enough or all(len(tokens[place]) < 2 for place in run):
            continue
        rest = [tokens[place][1:] for place in run]
        for place, words in zip(run, rest, strict=True):
            tokens[place] = words
        if len(run) < len(places):  # a word that all share says nothing
            name = f"{_whole_name(first, rest)}#{next(counter)}"
            for place in run:
                found[place].append(name)
        if len(run) > _FEW:
            _split(run, tokens, found, counter)


def _whole_name(first: str, rest: list[list[str]]) -> str:
    """Return the words that all of a scope share."""
    shared = [first]
    for words in zip(*rest, strict=False):
        if len(set(words)) > 1 or not words[0]:
            break
        shared.append(words[0])
    return "_".join(shared)


def _blocks(members: Sequence[Member]) -> list[Scope]:
    """Cut a long way without names where everything goes through one array, and name blocks after their ends."""
    cut: list[Scope] = [()] * len(members)
    if len(members) <= _MANY:
        return cut
    uses = collections.Counter(mark for member in members for mark in member.inputs)
    inside = {mark for member in members for mark in member.outputs}
    live: collections.Counter[int] = collections.Counter()
    begin = 0
    for at, member in enumerate(members):
        for mark in set(member.inputs) & inside:
            live[mark] -= member.inputs.count(mark)
        live.update({mark: uses[mark] for mark in member.outputs})
        if any(count for mark, count in live.items() if mark not in member.outputs):
            continue
        if at > begin:
            cut[begin : at + 1] = [(f"{member.name}#{at}",)] * (at + 1 - begin)
        begin = at + 1
    whole = len(set(cut)) == 1
    return [()] * len(members) if whole else cut
