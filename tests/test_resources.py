"""What the quiet line tells of memory, processor and GPUs."""

from __future__ import annotations

import os
import sys
from types import ModuleType, SimpleNamespace

import pytest

from nnwidgets._resources import Gpu, ResourceProbe


class NVMLError(Exception):
    pass


def nvml(**answers: object) -> ModuleType:
    """Make a stand-in for NVML with one GPU; an answer that is an error is raised."""

    def asked(name: str) -> object:
        def answer(*_: object) -> object:
            value = answers.get(name)
            if isinstance(value, Exception):
                raise value
            return value

        return answer

    module = ModuleType("pynvml")
    module.__dict__.update({name: asked(name) for name in answers}, NVMLError=NVMLError)
    return module


ONE = {
    "nvmlInit": None,
    "nvmlDeviceGetCount": 1,
    "nvmlDeviceGetHandleByIndex": object(),
    "nvmlDeviceGetMemoryInfo": SimpleNamespace(used=8_000, total=10_000),
    "nvmlDeviceGetName": "H200",
    "nvmlDeviceGetComputeRunningProcesses": [
        SimpleNamespace(pid=os.getpid(), usedGpuMemory=3_000),
        SimpleNamespace(pid=1, usedGpuMemory=5_000),
    ],
    "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=37),
}


def test_memory_and_processor_of_this_process() -> None:
    resources = ResourceProbe().read()
    assert resources.memory > 10_000_000
    assert 0 <= resources.cpu <= 100


def test_a_gpu_is_told_with_our_own_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(**ONE))
    assert ResourceProbe().read().gpus == (Gpu("H200", 3_000, 8_000, 10_000, 37),)


def test_what_a_container_refuses_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {
        "nvmlDeviceGetComputeRunningProcesses": NVMLError(),
        "nvmlDeviceGetUtilizationRates": NVMLError(),
    }
    monkeypatch.setitem(sys.modules, "pynvml", nvml(**{**ONE, **refused}))
    assert ResourceProbe().read().gpus == (Gpu("H200", None, 8_000, 10_000, None),)


def test_a_machine_without_a_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(nvmlInit=NVMLError()))
    assert ResourceProbe().read().gpus == ()
