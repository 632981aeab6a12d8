"""What every test has: runs are kept in a folder of its own, and frameworks keep their chatter to themselves."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Before the first import of TensorFlow, which reads it once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Texts are compared in English, whatever the person at this machine reads.
os.environ.pop("NNWIDGETS_LANG", None)

# A deadline for each example would measure the machine.
settings.register_profile("nnwidgets", deadline=None)
settings.load_profile("nnwidgets")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which this test's runs are kept; it does not exist yet."""
    folder = tmp_path / "nnwidgets-home"
    monkeypatch.setenv("NNWIDGETS_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def nothing_of_torch_stays() -> Iterator[None]:
    """Have torch forget what a test compiled, and those who wait for a pass of a model that the test never called."""
    yield
    dynamo = sys.modules.get("torch._dynamo")
    if dynamo is not None:  # much is left alone where anything is compiled
        dynamo.reset()
    calls = sys.modules.get("nnwidgets.frameworks._torch_graph_calls")
    for taker in () if calls is None else tuple(calls._takers):
        calls.end(taker)  # type: ignore[union-attr]
