"""What every test has: runs are kept in a folder of its own, and frameworks keep their chatter to themselves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Before the first import of TensorFlow, which reads it once.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# A deadline for each example would measure the machine.
settings.register_profile("nnwidgets", deadline=None)
settings.load_profile("nnwidgets")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which this test's runs are kept; it does not exist yet."""
    folder = tmp_path / "nnwidgets-home"
    monkeypatch.setenv("NNWIDGETS_HOME", str(folder))
    return folder
