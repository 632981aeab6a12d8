"""Memory and processor use of this process, and of the GPUs where there are any."""

from __future__ import annotations

import contextlib
import functools
import os
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gpu:
    """One GPU as NVML sees it: name, memory in bytes (this process's, used by all, total), use in percent."""

    name: str
    own: int | None
    used: int
    total: int
    use: int | None


@dataclass(frozen=True)
class Resources:
    """What the process uses: memory in bytes, processor in percent of all cores, GPUs."""

    memory: int
    cpu: float
    gpus: tuple[Gpu, ...] = ()


class ResourceProbe:
    """Reads the resources; one reading takes well under a millisecond without a GPU. One thread."""

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._cores = psutil.cpu_count() or 1
        self._process.cpu_percent()  # the first reading only sets the mark from which the next one counts
        self._nvml, self._handles = _open_nvml()

    def read(self) -> Resources:
        """Return the use now; the processor's since the last reading."""
        return Resources(
            memory=self._process.memory_info().rss,
            # The system counts in ticks of some milliseconds: between two readings shorter than one it may say more.
            cpu=min(100.0, self._process.cpu_percent() / self._cores),
            gpus=tuple(g for g in map(self._gpu, self._handles) if g is not None),
        )

    def _gpu(self, handle: Any) -> Gpu | None:
        nvml = self._nvml
        try:
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
            name = nvml.nvmlDeviceGetName(handle)
        except nvml.NVMLError:
            return None
        own = use = None
        with contextlib.suppress(nvml.NVMLError):  # refused inside containers and on partitioned GPUs
            mine = [p for p in nvml.nvmlDeviceGetComputeRunningProcesses(handle) if p.pid == os.getpid()]
            own = sum(p.usedGpuMemory or 0 for p in mine) or None
        with contextlib.suppress(nvml.NVMLError):
            use = int(nvml.nvmlDeviceGetUtilizationRates(handle).gpu)
        return Gpu(str(name), own, int(memory.used), int(memory.total), use)


def read_resources() -> Resources | None:
    """Return the use now, or None where nothing tells it: a browser has no psutil."""
    probe = _probe()
    return probe.read() if probe is not None else None


@functools.cache
def _probe() -> ResourceProbe | None:
    try:
        return ResourceProbe()
    except ImportError:
        return None


def _open_nvml() -> tuple[Any, list[Any]]:
    try:
        import pynvml
    except ImportError:
        return None, []
    try:
        pynvml.nvmlInit()
        return pynvml, [pynvml.nvmlDeviceGetHandleByIndex(i) for i in range(pynvml.nvmlDeviceGetCount())]
    except (pynvml.NVMLError, OSError):  # no driver on this machine
        return None, []
