"""The export menu gives files that other programs can read, with what the run recorded in them."""

from __future__ import annotations

import csv
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.lab import Lab
from tests.browser.trainings import NUMPY


def test_pictures_and_numbers_are_exported(lab: Lab) -> None:
    lab.open(NUMPY.replace("numpy run", "Digits: 1/2 <b>"), "print(run.history['train/loss'].last.value)")
    lab.run(0)
    panel = lab.panel()
    expect(panel.get_by_role("status")).to_have_text("finished")
    files: dict[str, Path] = {}
    for entry, kind in {"PNG picture": "png", "SVG picture": "svg", "CSV table": "csv"}.items():
        panel.get_by_role("button", name="Export").click()
        with lab.page.expect_download() as download:
            panel.get_by_role("menuitem", name=entry).click()
        name = download.value.suggested_filename
        assert name.endswith(f".{kind}")
        assert name.startswith("Digits")
        assert not set(name) & set("/\\:<>")
        files[kind] = download.value.path()
    head = files["png"].read_bytes()[:24]
    assert head.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", head[16:]) >= (1000, 500)
    svg = ET.parse(files["svg"]).getroot()
    assert svg.tag.endswith("svg")
    assert "Digits: 1/2 <b>" in "".join(svg.itertext())
    with files["csv"].open(newline="") as file:
        rows = list(csv.DictReader(file))
    trained = [row for row in rows if row["series"] == "train/loss"]
    lab.run(1)
    assert len(trained) == 40
    assert float(trained[-1]["value"]) == float(lab.printed(1))
