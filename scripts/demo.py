"""Start JupyterLab on this machine with the examples, and print where to open the first one.

The person's own Jupyter settings stay out of it: configuration, settings and workspaces live in `.demo/`.
Nothing listens beyond the loopback, and the address carries a fresh token. Ctrl-C ends the server and its
kernels.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".demo"
NOTEBOOK = "examples/01-first-panel.ipynb"
HOST = "127.0.0.1"
START_SECONDS = 120.0
STOP_SECONDS = 15.0


def free_port(first: int, tries: int = 100) -> int:
    """Return the first port from `first` on that nothing listens on."""
    for port in range(first, min(first + tries, 65536)):
        with socket.socket() as probe:
            # As servers do: a port whose last connections are only timing out counts as free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise SystemExit(f"no free port from {first} to {first + tries - 1}: try `make demo PORT=...`")


def environment(token: str) -> dict[str, str]:
    """Return the server's environment, with the token kept off its command line, which others can see."""
    folders = {
        "JUPYTER_CONFIG_DIR": STATE / "config",
        "JUPYTER_DATA_DIR": STATE / "data",
        "JUPYTERLAB_SETTINGS_DIR": STATE / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": STATE / "workspaces",
    }
    own = {name: str(folder) for name, folder in folders.items()}
    return {**os.environ, **own, "JUPYTER_PREFER_ENV_PATH": "1", "JUPYTER_TOKEN": token}


def silence_news() -> None:
    """Turn off the dialogs that ask a new user about news and updates: they would reach for the network."""
    page = STATE / "config/labconfig/page_config.json"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(
        json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}})
    )


def command(port: int) -> list[str]:
    """Return the command line of the server."""
    options = {
        "ServerApp.ip": HOST,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.root_dir": ROOT,
        "ServerApp.allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
        "Application.log_level": "WARN",
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def wait_until_up(server: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server answers; end the program if it dies or never does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise SystemExit(f"JupyterLab ended with status {server.returncode}: see above")
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/login", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise SystemExit(f"JupyterLab did not answer within {START_SECONDS:.0f} s")


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, which ends its kernels; insist where it does not."""
    if server.poll() is None:
        server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def interrupt(signum: int, frame: FrameType | None) -> None:
    """End the wait for the server: what Ctrl-C, a closed terminal and SIGTERM do."""
    raise KeyboardInterrupt


def main(argv: Sequence[str]) -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Start JupyterLab with the examples.")
    parser.add_argument("--port", type=int, default=8888, help="first port to try (default: 8888)")
    port = free_port(parser.parse_args(argv).port)
    token = secrets.token_hex(24)
    silence_news()
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, interrupt)
    # In a session of its own the server does not see the terminal's Ctrl-C, and is told once, by us.
    server = subprocess.Popen(
        command(port), env=environment(token), stdin=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_until_up(server, port)
        url = f"http://{HOST}:{port}/lab/tree/{NOTEBOOK}?token={token}"
        print(
            f"\nOpen this in a browser, then run the notebook from top to bottom:\n\n    {url}\n", flush=True
        )
        print("Ctrl-C ends JupyterLab.", flush=True)
        return server.wait()
    except KeyboardInterrupt:
        print("\nEnding JupyterLab ...", flush=True)
        return 0
    finally:
        stop(server)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
