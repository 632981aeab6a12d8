"""The programs behind `make`: they stand between a newcomer and the first curve."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import check, chromium, demo, hatch_build, link_labextension, once

ROOT = Path(__file__).resolve().parent.parent


def test_demo_takes_the_next_port_when_one_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind((demo.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert demo.free_port(port) > port
        with pytest.raises(SystemExit, match="no free port"):
            demo.free_port(port, tries=1)
    assert demo.free_port(port, tries=1) == port


def test_demo_listens_on_the_loopback_and_hides_its_token() -> None:
    command = demo.command(8888)
    environment = demo.environment("secret-token")
    assert "--ServerApp.ip=127.0.0.1" in command
    assert "--ServerApp.open_browser=False" in command
    assert not any("secret-token" in part for part in command)
    assert environment["JUPYTER_TOKEN"] == "secret-token"
    assert environment.get("NNWIDGETS_HOME") == os.environ.get("NNWIDGETS_HOME")
    assert demo.STATE in Path(environment["JUPYTER_CONFIG_DIR"]).parents


def test_demo_says_when_the_server_dies() -> None:
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as server:
        server.wait()
        with pytest.raises(SystemExit, match="status 3"):
            demo.wait_until_up(server, 1)
        demo.stop(server)


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a command that adds a line to `runs` and writes `made`."""
    monkeypatch.chdir(tmp_path)
    code = "open('runs', 'a').write('x'); open('made', 'w').close()"
    return [sys.executable, "-c", code]


def times_run() -> int:
    return len(Path("runs").read_text()) if Path("runs").exists() else 0


def test_once_runs_again_only_for_other_contents(counting: list[str]) -> None:
    source = Path("sources/deep/file.txt")
    source.parent.mkdir(parents=True)
    source.write_text("one")

    def step() -> int:
        assert once.once("step", [Path("sources")], [Path("made")], counting) == 0
        return times_run()

    assert [step(), step()] == [1, 1]
    os.utime(source, (1, 1))
    assert step() == 1
    source.write_text("two")
    assert [step(), step()] == [2, 2]
    source.rename(source.with_name("other.txt"))
    assert step() == 3
    Path("made").unlink()
    assert step() == 4


def test_once_does_not_take_a_failure_for_a_success(counting: list[str]) -> None:
    failing = [sys.executable, "-c", "open('runs', 'a').write('x'); raise SystemExit(7)"]
    assert [once.once("step", [], [], failing), once.once("step", [], [], failing)] == [7, 7]
    assert times_run() == 2
    assert once.once("step", [], [], counting) == 0
    assert once.once("step", [], [], failing) == 7


def test_once_reads_its_command_line(counting: list[str]) -> None:
    Path("source").write_text("one")
    arguments = ["step", "--on", "source", "--makes", "made", "--", *counting]
    assert [once.main(arguments), once.main(arguments)] == [0, 0]
    assert times_run() == 1


def test_a_rebuilt_labextension_replaces_the_old_one(tmp_path: Path) -> None:
    built, install = tmp_path / "built", tmp_path / "install.json"
    (built / "static").mkdir(parents=True)
    install.write_text("{}")
    for name in ("old.js", "new.js"):
        for stale in (built / "static").iterdir():
            stale.unlink()
        (built / "static" / name).write_text(name)
        target = link_labextension.link(built, install, tmp_path / "prefix")
    assert sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file()) == [
        "install.json",
        "static/new.js",
    ]


def test_the_build_hook_says_that_npm_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hatch_build.missing(tmp_path) == list(hatch_build.TARGETS)
    with pytest.raises(RuntimeError, match="npm is needed"):
        hatch_build.build(tmp_path)


def test_a_named_chromium_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNW_CHROMIUM", "/opt/some/chrome")
    assert chromium.find() == "/opt/some/chrome"


def test_checks_go_on_after_a_failure_and_say_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command(status: int) -> tuple[str, ...]:
        return (sys.executable, "-c", f"raise SystemExit({status})")

    checks = (check.Check("lint", "first", command(1)), check.Check("types", "second", command(0)))
    monkeypatch.setattr(check, "CHECKS", checks)
    assert check.main([]) == 1
    assert capsys.readouterr().out.endswith("checks: 1 passed, 1 failed\n")
    assert check.main(["types"]) == 0
    assert capsys.readouterr().out.endswith("checks: 1 passed, 0 failed\n")
    with pytest.raises(SystemExit, match="unknown group"):
        check.main(["lint", "typos"])


def test_every_group_of_checks_has_its_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert [g for g in {c.group for c in check.CHECKS} if f" {g}" not in makefile] == []


def test_a_python_is_found_and_an_old_one_is_not_taken(tmp_path: Path) -> None:
    def find(path: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": path}
        command = ["/bin/sh", str(ROOT / "scripts/find-python.sh")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    (tmp_path / "python3").symlink_to(sys.executable)
    assert find(str(tmp_path)).stdout.strip() == str(tmp_path / "python3")
    old = tmp_path / "old"
    old.mkdir()
    (old / "python3").write_text("#!/bin/sh\nexit 1\n")
    (old / "python3").chmod(0o755)
    nothing = find(str(old))
    assert nothing.returncode == 1
    assert "3.10" in nothing.stderr
