"""Real Jupyter kernels without a browser: what they publish is taken off and counted, as a server would."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).resolve().parent.parent
_DELIMITER = b"<IDS|MSG>"


class KernelError(RuntimeError):
    """A cell raised; holds the last lines of its traceback."""


class Traffic(threading.Thread):
    """Takes off what a kernel publishes and counts it by type of message."""

    def __init__(self, socket: Any) -> None:
        super().__init__(daemon=True)
        self.socket = socket
        self.messages: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        #: When a message of a type came first after `reset`, by `time.perf_counter`.
        self.first: dict[str, float] = {}
        self.going = True

    def run(self) -> None:
        while self.going:
            if not self.socket.poll(100):
                continue
            parts = self.socket.recv_multipart()
            now = time.perf_counter()
            # After the delimiter: signature, header, parent, metadata, content, buffers.
            kind = json.loads(parts[parts.index(_DELIMITER) + 2])["msg_type"]
            self.messages[kind] += 1
            self.bytes[kind] += sum(map(len, parts))
            self.first.setdefault(kind, now)

    def reset(self) -> None:
        """Begin to count anew."""
        self.messages.clear()
        self.bytes.clear()
        self.first.clear()


class Kernel:
    """One kernel. ``with Kernel(python) as kernel: kernel.run("x = 1"); kernel.value("x")``.

    Parameters
    ----------
    python
        The interpreter that it runs on.
    environment
        Variables beside those of this process.
    """

    def __init__(self, python: str = sys.executable, environment: dict[str, str] | None = None) -> None:
        self._manager = KernelManager()
        self._manager._kernel_spec = KernelSpec(
            argv=[python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], language="python"
        )
        self._manager.start_kernel(
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._client: BlockingKernelClient = self._manager.blocking_client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=120)
        self.traffic = Traffic(self._client.iopub_channel.socket)
        self.traffic.start()

    def run(self, code: str, timeout: float = 300.0) -> None:
        """Run a cell to its end."""
        self._execute(code, {}, timeout)

    def value(self, expression: str, timeout: float = 300.0) -> Any:
        """Return the value of an expression that JSON can hold."""
        wrapped = f"__import__('json').dumps({expression})"
        content = self._execute("", {"it": wrapped}, timeout)["user_expressions"]["it"]
        if content["status"] != "ok":
            raise KernelError(f"{content['ename']}: {content['evalue']}")
        return json.loads(ast.literal_eval(content["data"]["text/plain"]))

    def _execute(self, code: str, expressions: dict[str, str], timeout: float) -> dict[str, Any]:
        reply = self._client.execute(
            code, user_expressions=expressions, store_history=False, reply=True, timeout=timeout
        )
        content: dict[str, Any] = reply["content"]
        if content["status"] != "ok":
            raise KernelError(f"{content.get('ename')}: {content.get('evalue')}")
        return content

    def close(self) -> None:
        """End the kernel."""
        self.traffic.going = False
        self.traffic.join(5)
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def __enter__(self) -> Kernel:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()
