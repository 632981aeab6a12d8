"""Every candidate against its bare loop: a kernel each, all of them interleaved in random order over many rounds."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.kernels import Kernel, KernelError
from benchmarks.rows import Met, Row, Spread, absent, micros, ratio

TITLES = {
    "loop": "torch loop, against the bare loop",
    "lightning": "Lightning, against a bare Trainer",
    "keras": "Keras `fit`, against no callback",
}
#: The whole overhead with the panel showing, from 1.0 up.
LIMIT = 1.05
#: What neither draws nor keeps runs, so that it is no rival: it shows the noise and the floor.
FLOOR = frozenset({"bare", "list"})


@dataclass
class Contest:
    """One candidate with the seconds a step that were measured, without and with it."""

    part: str
    key: str
    what: str
    pairs: list[tuple[float, float]] = field(default_factory=list)
    #: Pictures a second, of a candidate of ours that draws.
    frames: list[float] = field(default_factory=list)
    kernel: Kernel | None = None
    reason: str = ""

    @property
    def ratios(self) -> Spread:
        return Spread.of(candidate / bare for bare, candidate in self.pairs)


def contests(parts: Sequence[str], peers: bool, absences: Mapping[str, str]) -> list[Contest]:
    """List the candidates of the parts; a peer that is not installed is in it, with the reason."""
    found = []
    if "loop" in parts:
        found += _loop(peers, absences)
    if "lightning" in parts:
        from benchmarks.candidates import LIGHTNING

        found += [Contest("lightning", k, what) for k, what in LIGHTNING.items() if peers or "ours" in k]
    if "keras" in parts:
        from benchmarks.candidates import KERAS

        found += [Contest("keras", k, what) for k, what in KERAS.items() if peers or "ours" in k]
    return found


def _loop(peers: bool, absences: Mapping[str, str]) -> list[Contest]:
    from benchmarks.candidates import OURS, PEERS

    found = [Contest("loop", "bare", "the bare loop against itself (the noise)")]
    if peers:
        for key, (what, package) in PEERS.items():
            found.append(Contest("loop", key, what, reason=absences.get(package, "")))
    return [*found, *(Contest("loop", key, what) for key, what in OURS.items())]


def measure(python: str, field_: Sequence[Contest], rounds: int, seconds: float) -> None:
    """Start a kernel for each candidate and let them take turns."""
    try:
        for contest in field_:
            _start(python, contest)
        for number in range(rounds):
            print(f"round {number + 1} of {rounds}", flush=True)
            for contest in random.sample(field_, len(field_)):
                _turn(contest, seconds)
    finally:
        for contest in field_:
            if contest.kernel is not None:
                contest.kernel.close()


def _start(python: str, contest: Contest) -> None:
    if contest.reason:
        return
    print(f"starting {contest.what}", flush=True)
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3"}
    if contest.part == "keras":
        environment["KERAS_BACKEND"] = contest.key.partition(".")[0]
    contest.kernel = Kernel(python, environment)
    try:
        contest.kernel.run(
            "from benchmarks import duels\n"
            f"duel = duels.make({contest.part!r}, {contest.key!r})\n"
            "pair = duels.pair(duel, 0.05)"
        )
    except (KernelError, TimeoutError) as error:
        contest.reason = str(error) or "no answer"


def _turn(contest: Contest, seconds: float) -> None:
    if contest.reason or contest.kernel is None:
        return
    try:
        contest.kernel.run(f"pair = duels.pair(duel, {seconds})")
        contest.pairs.append(tuple(contest.kernel.value("pair")))
        if (contest.part, contest.key) == ("loop", "ours.panel"):
            contest.frames.append(contest.kernel.value("duel.logger.frames_per_second"))
    except (KernelError, TimeoutError) as error:
        contest.reason = str(error) or "no answer"


def rows(field_: Sequence[Contest]) -> list[Row]:
    """Return one line a candidate, the cheapest first, and the line that compares ours with the rest."""
    lines: list[Row] = []
    for part, title in TITLES.items():
        mine = [contest for contest in field_ if contest.part == part]
        known = sorted((c for c in mine if c.pairs), key=lambda c: c.ratios.middle)
        lines += [_row(contest, title) for contest in known]
        lines += [
            absent(f"{part}.{c.key}", title, c.what, c.reason or "not measured") for c in mine if not c.pairs
        ]
        if part == "loop":
            lines += _frames(next((c for c in known if c.key == "ours.panel"), None), title)
            lines += _verdict(known, title)
    return lines


def _row(contest: Contest, title: str) -> Row:
    found = contest.ratios
    bare = Spread.of(bare for bare, _ in contest.pairs).middle
    added = Spread.of(candidate - bare for bare, candidate in contest.pairs).middle
    limited = contest.key == "ours.panel"
    return Row(
        f"{contest.part}.{contest.key}",
        title,
        contest.what,
        f"{found.middle:.3f} times ({micros(added * 1e6)} more a step of {micros(bare * 1e6)})",
        found.quartiles(ratio),
        f"≤ {LIMIT}" if limited else "",
        found.within(LIMIT) if limited else None,
    )


def _verdict(known: Sequence[Contest], title: str) -> list[Row]:
    """Compare ours, with everything on, with every peer that draws or stores."""
    ours = next((c for c in known if c.key == "ours.panel"), None)
    rivals = [c for c in known if not c.key.startswith("ours") and c.key not in FLOOR]
    if ours is None or not rivals:
        return []
    ahead = [c for c in rivals if c.ratios.middle <= ours.ratios.middle]
    close = [
        c for c in rivals if abs(c.ratios.middle - ours.ratios.middle) < c.ratios.margin + ours.ratios.margin
    ]
    what = "nnwidgets with the panel against every peer that draws or stores"
    measured = f"cheaper than {len(rivals) - len(ahead)} of {len(rivals)}"
    if ahead:
        measured += f"; not than {', '.join(c.what for c in ahead)}"
    if close:
        measured += f"; too close to tell: {', '.join(c.what for c in close)}"
    met: Met = not ahead
    if {c.key for c in ahead} <= {c.key for c in close} and close:
        met = "undecided"
    return [Row("loop.verdict", title, what, measured, "", "than all", met)]


def _frames(ours: Contest | None, title: str) -> list[Row]:
    """Tell how often the panel was drawn: the panel draws less often where that would cost too much."""
    if ours is None or not ours.frames:
        return []
    found = Spread.of(ours.frames)
    return [
        Row("loop.frames", title, "pictures a second that the panel drew in this loop", f"{found.middle:.1f}",
            found.quartiles("{:.1f}".format), "≤ 10", found.middle <= 10),
    ]  # fmt: skip
