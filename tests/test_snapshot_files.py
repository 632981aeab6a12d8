"""Files of snapshots: whole or not there, and data alone."""

from __future__ import annotations

import json
import os
import pickle
import random
import struct
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from nnwidgets import _snapshot_file
from nnwidgets._contents import Contents
from nnwidgets._errors import SnapshotError
from nnwidgets._random import RandomState, way_to

ROOT = Path(__file__).parents[1]
KILLS = 15

#: Writes one snapshot after another over the same name, and says when each is there.
WRITER = """
import sys
from pathlib import Path
import numpy as np
from nnwidgets import _snapshot_file
from nnwidgets._contents import Contents
path = Path(sys.argv[1])
number = 0
while True:
    number += 1
    arrays = {"model/weight": np.full(1_000_000, number, np.float32), "random/numpy": np.arange(624, dtype=np.uint32)}
    print("begin", number, flush=True)
    _snapshot_file.write(path, Contents(arrays, {"number": number}), {"number": number})
    print("done", number, flush=True)
"""


def contents(number: int = 1) -> Contents:
    return Contents({"model/weight": np.full(10, number, np.float32)}, {"number": number})


def test_what_was_written_is_read(tmp_path: Path) -> None:
    held = Contents(
        {
            "a": np.arange(6, dtype=np.int64).reshape(2, 3),
            "b": np.array(np.nan),
            "c": np.zeros(0, np.float16),
        },
        {"text": "ä", "number": float("inf"), "list": [1, None, True]},
        {"a": "bfloat16"},
    )
    path = tmp_path / "deep" / "one.safetensors"
    _snapshot_file.write(path, held, {"step": 3})
    read = _snapshot_file.read(path)
    assert {name: array.tobytes() for name, array in read.arrays.items()} == {
        name: array.tobytes() for name, array in held.arrays.items()
    }
    assert (read.facts, read.types) == (held.facts, held.types)
    assert _snapshot_file.about(path) == {"step": 3}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_kill_9_during_a_snapshot_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for kill in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, env=environment
        ) as child:
            assert child.stdout is not None
            said = [child.stdout.readline().split() for _ in range(3 + 2 * (kill % 3))]
            # The last line said that a further one was begun; how far it comes is left to chance.
            assert said[-1][0] == "begin"
            while kill % 2 and not any(tmp_path.glob("*.tmp")):
                if child.poll() is not None:
                    break
            child.kill()
            said += [line.split() for line in child.stdout.read().splitlines()]
        done = [int(number) for what, number in said if what == "done"]
        read = _snapshot_file.read(path)
        assert read.facts["number"] in (done[-1], done[-1] + 1)
        assert (read.arrays["model/weight"] == read.facts["number"]).all()
        assert len(read.arrays["model/weight"]) == 1_000_000


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_orphans_of_a_kill_are_swept_with_the_next_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, env=environment
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        while not any(tmp_path.glob("*.tmp")):
            assert child.poll() is None
        child.kill()
    made_by = child.pid
    orphan = tmp_path / f"best.{next(iter(_names(tmp_path, made_by)), _name(made_by))}"
    orphan.write_bytes(b"half a snapshot")
    _snapshot_file.write(path, contents(), {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["best.safetensors"]
    assert _snapshot_file.read(path).facts == {"number": 1}


def _name(pid: int) -> str:
    from nnwidgets import _temporaries

    return f"{_temporaries._machine()}-{pid}-00000000.tmp"


def _names(folder: Path, pid: int) -> list[str]:
    return [entry.name.partition(".")[2] for entry in folder.glob(f"*-{pid}-*.tmp")]


class Harmful:
    """A pickle that runs a program when it is read."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return (os.system, (f"touch {self.proof}",))


@pytest.mark.parametrize("kind", ["pickle", "torch", "zip", "empty", "cut", "text", "other"])
def test_a_file_that_is_no_snapshot_is_refused_and_nothing_in_it_runs(tmp_path: Path, kind: str) -> None:
    path, proof = tmp_path / "best.safetensors", tmp_path / "proof"
    if kind == "pickle":
        path.write_bytes(pickle.dumps({"model/weight": Harmful(proof)}))
    elif kind == "torch":
        torch.save({"model/weight": Harmful(proof)}, path)
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("archive/data.pkl", pickle.dumps(Harmful(proof)))
    elif kind == "other":
        save_file({"weight": np.zeros(3)}, path)
    elif kind == "cut":
        _snapshot_file.write(path, contents(), {})
        path.write_bytes(path.read_bytes()[:-7])
    else:
        path.write_bytes(b"" if kind == "empty" else b"not a snapshot at all, only some words\n" * 10)
    for read in (_snapshot_file.read, _snapshot_file.about):
        with pytest.raises(SnapshotError, match="nothing was changed"):
            read(path)
    assert not proof.exists()


def test_a_snapshot_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    save_file({"weight": np.zeros(3)}, path, metadata={"nnwidgets": "2", "facts": "{}"})
    with pytest.raises(SnapshotError, match="newer nnwidgets"):
        _snapshot_file.read(path)


def test_a_type_that_no_array_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "best.safetensors"
    place = {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}
    header = json.dumps({"__metadata__": {"nnwidgets": "1"}, "model/weight": place}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(4))
    with pytest.raises(SnapshotError, match="nothing was changed"):
        _snapshot_file.read(path)


def test_a_type_that_the_format_lacks_is_a_refusal_of_the_disk(tmp_path: Path) -> None:
    """So that the snapshot stays in memory, and the person is told."""
    path = tmp_path / "best.safetensors"
    _snapshot_file.write(path, contents(1), {})
    with pytest.raises(OSError, match="cannot be written"):
        _snapshot_file.write(path, Contents({"model/weight": np.zeros(3, np.complex128)}), {})
    assert _snapshot_file.read(path).facts == {"number": 1}


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"no snapshot best\.safetensors"):
        _snapshot_file.read(tmp_path / "best.safetensors")


def test_a_failure_while_writing_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "best.safetensors"
    _snapshot_file.write(path, contents(1), {})

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        _snapshot_file.write(path, contents(2), {})
    assert _snapshot_file.read(path).facts == {"number": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["best.safetensors"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda held: held.arrays.pop("random/python"),
        lambda held: held.arrays.update({"random/numpy": np.zeros(3, np.uint32)}),
        lambda held: held.facts["random"].pop("numpy"),
        lambda held: held.facts.update(random={"python": [3], "numpy": []}),
    ],
)
def test_damaged_random_states_are_refused_before_anything_is_put_back(damage: Any) -> None:
    held = RandomState().contents()
    damage(held)
    random.seed(1)
    before = random.getstate()
    with pytest.raises(SnapshotError, match="random states are damaged"):
        way_to(held)
    assert random.getstate() == before
    assert way_to(Contents())() is None  # type: ignore[func-returns-value]
