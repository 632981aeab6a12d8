"""The benchmarks run, in their quickest mode and for our own parts. Nothing here looks at a duration."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import divergence, pages, part_duels, part_endurance, part_graph, program
from benchmarks.part_endurance import MB, Look
from benchmarks.rows import Row, Spread, table
from nnwidgets._excursion import Features


def check(rows: list[Row]) -> None:
    assert rows
    assert [row for row in rows if row.measured.startswith("absent")] == []
    assert all(re.search(r"\d", row.measured) for row in rows)


@pytest.mark.parametrize("part", [part for part in program.PARTS if part not in program.DUELS])
def test_a_part_measures_something(part: str) -> None:
    check(program.measure([part], program.QUICK, sys.executable, {}, with_peers=False))


@pytest.mark.parametrize(
    ("part", "key"), [("loop", "ours.panel"), ("lightning", "ours.log"), ("keras", "torch.ours")]
)
def test_a_duel_measures_something(part: str, key: str) -> None:
    field = [c for c in part_duels.contests([part], False, {}) if c.key == key]
    part_duels.measure(sys.executable, field, 1, 0.05)
    check(part_duels.rows(field))


def test_the_command_line_names_parts_or_means_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.read(["--write"]).parts == list(program.PARTS)
    assert program.read(["loop", "call"]).parts == ["loop", "call"]
    with pytest.raises(SystemExit):
        program.read(["typo"])
    assert "typo" in capsys.readouterr().err


def test_an_absent_peer_is_in_the_table_with_its_reason() -> None:
    field = part_duels.contests(["loop"], True, {"aim": "no wheel"})
    rows = part_duels.rows([contest for contest in field if contest.reason])
    assert [row.measured for row in rows] == ["absent: no wheel"]


def test_the_table_is_markdown_and_says_what_is_missed() -> None:
    rows = [
        Row("a", "part", "one", "3", "2 … 4", "≤ 2", met=False),
        Row("b", "part", "two", "1", met="undecided"),
    ]
    lines = table(rows).splitlines()
    assert {line.count("|") for line in lines} == {7}
    assert "**no**" in lines[2]
    assert lines[3].startswith("|  | two")
    assert "undecided" in lines[3]


def test_graphs_of_models_say_who_fails_and_who_is_not_there() -> None:
    turn = {"forward": 1.0, "found": 3.0, "written": 1.0, "nodes": 7, "bytes": 2048, "gzip": 1024}
    slow = {**turn, "found": 11.0}
    rows = part_graph.rows([
        part_graph.Entry("resnet50", "torchview", [slow, slow], warm=True),
        part_graph.Entry("resnet50", "ours", [turn, turn], warm=True),
        part_graph.Entry("resnet50", "fx", reason="TypeError: no | way", warm=True),
        part_graph.Entry("resnet50", "torchlens", reason="no wheel"),
    ])  # fmt: skip
    assert [row.key.rpartition(".")[2] for row in rows] == ["ours", "torchview", "fx", "torchlens"]
    assert rows[0].measured == (
        "7 nodes, 3.00 ms to find them (2.00 ms beyond a bare pass), 1.00 ms to write 2.0 KB (1.0 KB gzip)"
    )
    assert rows[0].met is True
    assert "3.0 times nnwidgets" in rows[1].measured
    assert [row.measured for row in rows[2:]] == ["fails: TypeError: no / way", "absent: no wheel"]


def test_the_table_of_graphs_stands_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "".join(
            f"<!-- bench:{name} -->\nold\n<!-- bench:end -->\n" for name in ("table", "machine", "graphs")
        )
    )
    monkeypatch.setattr(pages, "PERFORMANCE", page)
    assert pages.write([Row("graph.mlp.ours", "an MLP", "nnwidgets", "1")], {"when": "now"}) == [page]
    assert page.read_text().count("old") == 2
    assert "- when: now" in page.read_text()


def test_what_an_hour_leaves_behind_is_the_trend_of_what_was_held() -> None:
    first = Look(frames=1000, rss=100 * MB, traced=10 * MB, heap=50 * MB, nodes=3000, listeners=100)
    last = replace(first, frames=4600, rss=101 * MB, heap=50 * MB + 300_000, nodes=3230)
    found = {row.key: row for row in part_endurance.rows([first, last])}
    assert found["endurance.rss"].measured == "100.0 MB → 101.0 MB; 10.0 MB more in an hour"
    assert found["endurance.rss"].met is True
    assert found["endurance.heap"].met is True
    assert found["endurance.nodes"].met is False
    assert part_endurance.rows([first, last])[0].part == "3,600 frames in one go, after the first 1,000"


def test_quartiles() -> None:
    assert Spread.of([1.0, 2.0, 3.0, 4.0, 5.0]) == Spread(2.0, 3.0, 4.0, 5)


def test_a_target_is_decided_only_where_the_noise_allows_it() -> None:
    assert Spread(1.01, 1.02, 1.03, 16).within(1.05) is True
    assert Spread(1.07, 1.08, 1.09, 16).within(1.05) is False
    assert Spread(0.90, 1.00, 1.20, 16).within(1.05) == "undecided"


def test_figures_go_between_the_markers_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- bench:one -->\nold\n<!-- bench:end -->\nafter\n")
    for _ in range(2):
        pages.fill(page, {"one": "new"})
    assert page.read_text() == "before\n<!-- bench:one -->\n\nnew\n\n<!-- bench:end -->\nafter\n"
    with pytest.raises(ValueError, match="no marker <!-- bench:two -->"):
        pages.fill(page, {"two": ""})


def test_the_pages_have_their_markers() -> None:
    text = pages.PERFORMANCE.read_text() + pages.README.read_text()
    assert [
        name
        for name in ("table", "machine", "short", "graphs", "endurance")
        if f"<!-- bench:{name} -->" not in text
    ] == []


def test_the_flag_is_judged_on_any_folder_of_curves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert divergence.main(["--count", "4", "--keep", str(tmp_path)]) == 0
    first = capsys.readouterr().out
    assert "| **nnwidgets** |" in first
    assert len(list(tmp_path.glob("*.csv"))) >= 2
    assert divergence.main(["--curves", str(tmp_path)]) == 0
    again = capsys.readouterr().out
    assert again.splitlines()[2:] == first.splitlines()[2:]
    assert divergence.main(["--curves", str(tmp_path / "none")]) == 2
    assert divergence.main(["--cost"]) == 0


def test_the_weights_in_the_rule_have_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Overfit and clean curves made here are enough to fit something."""
    steps = np.arange(30.0)
    for seed in range(6):
        rise = 0.05 * np.maximum(steps - 10, 0) if seed % 2 else 0.0 * steps
        scatter = 0.01 * np.random.default_rng(seed).normal(size=30)
        val = 0.5 + 0.5 * np.exp(-0.3 * steps) + rise + scatter
        rows = zip(steps, np.exp(-0.2 * steps), val, strict=True)
        lines = ["step,train_loss,val_loss", *(f"{a},{b},{c}" for a, b, c in rows)]
        (tmp_path / f"{seed}.csv").write_text("\n".join(lines))
    assert divergence.main(["--curves", str(tmp_path), "--fit"]) == 0
    said = capsys.readouterr().out.split()
    assert said[::2] == [*Features._fields, "bias"]
    assert float(said[2 * Features._fields.index("clearance") + 1]) > 0
