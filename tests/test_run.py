"""The run as a person uses it, without a page."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import nnwidgets as nnw
from nnwidgets._errors import MetricError, OptionError, RunClosedError, StepError
from nnwidgets.run import Run


@pytest.fixture
def run() -> Run:
    return Run(name="test", store=False, show=False)


def values(run: Run, name: str) -> list[float]:
    run.flush()
    return run.history[name].points().value.tolist()


def test_each_log_is_a_step_where_nothing_else_counts(run: Run) -> None:
    run.log(loss=0.9, val_loss=1.0)
    run.log(loss=0.5)
    run.log(loss=0.4, val_loss=0.6)
    run.flush()
    assert run.history["train/loss"].points().step.tolist() == [1, 2, 3]
    assert run.history["val/loss"].points().step.tolist() == [1, 3]


def test_the_last_step_is_there_when_the_run_ends() -> None:
    with Run(store=False, show=False) as run:
        for i in range(1000):
            run.log(loss=float(i))
    assert run.status == "finished"
    assert run.history["train/loss"].count == 1000
    assert run.history["train/loss"].last.value == 999.0


def test_loops_count_steps_and_epochs_and_average_validation_over_samples(run: Run) -> None:
    train = [np.zeros((4, 2)), np.zeros((4, 2)), np.zeros((2, 2))]
    val = [np.zeros((4, 2)), np.zeros((1, 2))]
    seen = []
    for epoch in run.epochs(3):
        seen.append(epoch)
        for _batch in run.train(train):
            run.log(loss=1.0)
        for batch in run.validate(val):
            run.log(loss=float(len(batch)))
    assert seen == [0, 1, 2]
    assert run.status == "finished"
    assert run.steps == 9
    assert run.history["train/loss"].points().step.tolist() == list(range(1, 10))
    assert run.history["val/loss"].points().step.tolist() == [3, 6, 9]
    assert values(run, "val/loss") == [(4 * 4 + 1 * 1) / 5] * 3
    assert run.history.epochs.at(np.array([3, 6, 9])).tolist() == [1.0, 2.0, 3.0]
    assert run.progress.epoch == 3
    assert run.progress.fraction == 1.0


def test_without_epochs_each_pass_over_the_training_data_is_one(run: Run) -> None:
    for _ in range(2):
        for _batch in run.train([1, 2, 3]):
            run.log(loss=1.0)
    run.flush()
    assert run.history.epochs.at(np.array([3, 6])).tolist() == [1.0, 2.0]


def test_a_second_call_of_epochs_goes_on_counting(run: Run) -> None:
    assert list(run.epochs(2)) == [0, 1]
    assert run.status == "finished"
    assert list(run.epochs(2)) == [2, 3]
    assert run.progress.epoch == 4


def test_leaving_the_epochs_by_break_finishes_the_run(run: Run) -> None:
    for epoch in run.epochs(10):
        run.log(loss=1.0)
        if epoch == 2:
            break
    assert run.status == "finished"
    assert values(run, "train/loss") == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("error", "status"), [(ZeroDivisionError("by zero"), "failed"), (KeyboardInterrupt(), "interrupted")]
)
def test_an_exception_inside_with_closes_the_run_and_keeps_its_curves(
    error: BaseException, status: str
) -> None:
    run = Run(store=False, show=False)
    with pytest.raises(type(error)), run:
        for _ in run.epochs(3):
            run.log(loss=1.0)
            raise error
    assert run.status == status
    assert run.history["train/loss"].count == 1
    assert run.error == ("ZeroDivisionError: by zero" if status == "failed" else None)


def test_an_interrupted_validation_leaves_no_half_average(run: Run) -> None:
    with pytest.raises(KeyboardInterrupt), run:
        for _ in run.epochs(1):
            run.log(loss=1.0)
            for _batch in run.validate([1, 2, 3]):
                run.log(loss=9.0)
                raise KeyboardInterrupt
    assert "val/loss" not in run.history


def test_a_validation_left_by_break_is_recorded(run: Run) -> None:
    with run:
        for _batch in run.validate([1, 2, 3]):
            run.log(loss=9.0)
            break
    assert values(run, "val/loss") == [9.0]


@pytest.mark.parametrize("value", [np.array([1.0, 2.0]), "0.5", None, [1.0], 1j, {"a": 1}])
def test_what_is_not_one_number_is_refused_and_nothing_is_lost(run: Run, value: object) -> None:
    run.log(loss=0.5)
    with pytest.raises(MetricError, match="loss"):
        run.log(accuracy=0.1, loss=value)
    run.log(loss=0.4)
    assert values(run, "train/loss") == [0.5, 0.4]
    assert "train/accuracy" not in run.history


def test_names_that_cannot_be_are_refused(run: Run) -> None:
    with pytest.raises(MetricError, match="10,000 characters; shorten"):
        run.log(**{"x" * 10_000: 1.0})
    with pytest.raises(MetricError, match="blank"):
        run.log(**{" ": 1.0})
    with pytest.raises(MetricError, match="control"):
        run.log(**{"a\0b": 1.0})


def test_names_are_mapped_to_splits(run: Run) -> None:
    run.log(loss=1, val_loss=2, train_acc=3, valid_acc=4, lr=5, learning_rate_of_b=6)
    run.flush()
    assert set(run.history) == {
        "train/loss",
        "val/loss",
        "train/acc",
        "val/acc",
        "lr",
        "train/learning_rate_of_b",
    }


def test_steps_and_epochs_only_go_forward(run: Run) -> None:
    run.log(step=5, epoch=1.5, loss=1.0)
    with pytest.raises(StepError, match="Step 4 lies before step 5"):
        run.log(step=4, loss=1.0)
    with pytest.raises(StepError, match="Epoch 1 lies before"):
        run.log(epoch=1, loss=1.0)
    with pytest.raises(StepError, match="whole number"):
        run.log(step=5.5, loss=1.0)
    assert values(run, "train/loss") == [1.0]


def test_unknown_options_raise_with_a_hint() -> None:
    with pytest.raises(OptionError, match="Did you mean 'name'"):
        Run(nmae="x")
    with pytest.raises(OptionError, match="Did you mean 'config'"):
        nnw.watch(object(), confg={})


def test_nan_and_infinity_are_counted_and_told(run: Run) -> None:
    for value in (1.0, float("nan"), float("inf"), 0.5):
        run.log(loss=value)
    run.flush()
    assert run.history["train/loss"].nonfinite == 2
    assert run.history["train/loss"].lowest.value == 0.5
    notice = next(n for n in run.notices if n.kind == "nonfinite")
    assert "train/loss was not a finite number 2 times, first at step 2" in notice.text


def test_too_many_metrics_are_capped_with_a_notice(run: Run) -> None:
    for i in range(100):
        run.log(**{f"m{i}_{j}": 1.0 for j in range(1000)})
    run.flush()
    assert len(run.history) == 1000
    assert any(n.kind == "cap" for n in run.notices)


def test_six_thousand_calls_in_a_burst_lose_nothing(run: Run) -> None:
    for i in range(6000):
        run.log(loss=float(i), accuracy=1.0)
    assert values(run, "train/loss") == [float(i) for i in range(6000)]


def test_a_fault_in_a_view_becomes_a_notice_and_never_reaches_the_training(run: Run) -> None:
    def broken(_: Run) -> None:
        raise RuntimeError("view fell over")

    run.observe(broken)
    run.log(loss=1.0)
    run.flush()
    assert any("view fell over" in n.text for n in run.notices)
    run.log(loss=0.5)
    assert values(run, "train/loss") == [1.0, 0.5]


def test_observers_are_called_on_the_worker_thread_until_they_leave(run: Run) -> None:
    threads = []
    leave = run.observe(lambda _: threads.append(threading.current_thread().name))
    run.log(loss=1.0)
    run.flush()
    assert set(threads) == {"nnwidgets"}
    leave()
    count = len(threads)
    run.log(loss=1.0)
    run.flush()
    assert len(threads) == count


def test_a_recorded_run_takes_no_new_values() -> None:
    run = nnw.from_history({"loss": [0.9, 0.5], "val_loss": [1.0, 0.7], "train_acc": [0.1, 0.2]})
    assert run.status == "finished"
    assert run.history["val/loss"].lowest.value == 0.7
    with pytest.raises(RunClosedError, match="recording"):
        run.log(loss=0.1)


@pytest.mark.parametrize(
    "history", [{}, [1, 2], None, {"loss": "abc"}, {"loss": [[1, 2], [3, 4]]}, {"loss": 3}]
)
def test_what_is_not_a_history_is_refused(history: object) -> None:
    with pytest.raises(MetricError):
        nnw.from_history(history)


def test_a_run_is_kept_listed_loaded_and_deleted(tmp_path: Path) -> None:
    with Run(name="kept", store=tmp_path, show=False, config={"batch size": 4}) as run:
        for _ in run.epochs(2):
            for _batch in run.train([1, 2]):
                run.log(loss=0.5)
            for _batch in run.validate([1]):
                run.log(loss=0.25)
    assert [info.name for info in nnw.runs(tmp_path)] == ["kept"]
    again = nnw.load(run.id, tmp_path)
    assert again.name == "kept"
    assert again.status == "finished"
    assert again.config["batch size"] == 4
    assert again.history["train/loss"].points().step.tolist() == [1, 2, 3, 4]
    assert again.history.epochs.at(np.array([2, 4])).tolist() == [1.0, 2.0]
    nnw.delete(run.id, tmp_path)
    assert list(nnw.runs(tmp_path)) == []


def test_the_same_id_is_refused(tmp_path: Path) -> None:
    with Run(id="mine", store=tmp_path, show=False) as run:
        run.log(loss=1.0)
    with pytest.raises(FileExistsError, match="mine"):
        Run(id="mine", store=tmp_path, show=False)


def test_a_folder_that_refuses_is_told_and_the_training_goes_on(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with Run(store=blocked / "runs", show=False) as run:
        for _ in range(10):
            run.log(loss=1.0)
    assert run.history["train/loss"].count == 10
    notice = next(n for n in run.notices if n.kind == "store")
    assert notice.level == "error"
    assert "Not saved since step 0" in notice.text


def test_a_run_that_logs_nothing_leaves_no_file(tmp_path: Path) -> None:
    Run(store=tmp_path, show=False)
    assert list(nnw.runs(tmp_path)) == []


def test_an_ended_run_goes_on_in_the_same_file(tmp_path: Path) -> None:
    run = Run(store=tmp_path, show=False)
    for _ in run.epochs(1):
        run.log(loss=1.0)
    for _ in run.epochs(1):
        run.log(loss=0.5)
    assert run.status == "finished"
    assert nnw.load(run.id, tmp_path).history["train/loss"].points().value.tolist() == [1.0, 0.5]
    assert len(nnw.runs(tmp_path)) == 1


def test_a_disk_that_is_full_for_a_while_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nnwidgets._errors import StoreError
    from nnwidgets.store import RunWriter

    full = True
    append = RunWriter.append

    def refusing(self: RunWriter, *args: object, **options: object) -> None:
        if full:
            raise StoreError("The disk is full.")
        append(self, *args, **options)  # type: ignore[arg-type]

    run = Run(store=tmp_path, show=False)
    run.log(loss=1.0)
    run.flush()
    monkeypatch.setattr(RunWriter, "append", refusing)
    for _ in range(5):
        run.log(loss=0.5)
    run.flush()
    notice = next(n for n in run.notices if n.kind == "store")
    assert notice.text == "Not saved since step 1: The disk is full. The training goes on."
    assert run.saved_step == 1
    full = False
    run.log(loss=0.25)
    run.finish()
    assert next(n for n in run.notices if n.kind == "store").text.startswith("Saved again")
    assert nnw.load(run.id, tmp_path).history["train/loss"].points().value.tolist() == [1.0, *[0.5] * 5, 0.25]


def test_outside_a_notebook_a_recorded_run_is_shown_as_text() -> None:
    run = nnw.from_history({"loss": [1.0]}, name="shown")
    assert set(run._repr_mimebundle_()) == {"text/plain"}


@pytest.mark.parametrize(
    ("program", "status"),
    [
        ("run.log(loss=1.0)", "finished"),
        ("for _ in run.epochs(3): run.log(loss=1.0)", "finished"),
        ("for _ in run.epochs(3):\n    run.log(loss=1.0)\n    break", "finished"),
        ("for _ in run.epochs(3):\n    run.log(loss=1.0)\n    1 / 0", "failed"),
        ("for _ in run.epochs(3):\n    run.log(loss=1.0)\n    raise KeyboardInterrupt", "interrupted"),
        ("loop = run.epochs(3)\nnext(loop)\nrun.log(loss=1.0)\nsys.exit()", "interrupted"),
    ],
)
def test_a_script_leaves_its_run_as_it_ended(program: str, status: str, home: Path) -> None:
    code = f"import sys, nnwidgets as nnw\nrun = nnw.Run()\n{program}\n"
    subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, timeout=120)
    info = nnw.runs()[0]
    assert info.status == status
    assert nnw.load(info.id).history["train/loss"].count >= 1


def test_a_loop_that_only_logs_keeps_the_rows_that_wait_bounded(run: Run) -> None:
    longest = 0
    for i in range(400_000):
        run.log(loss=1.0)
        if not i % 1000:
            longest = max(longest, len(run._intake.queue))
    run.flush(60)
    assert longest < 200_000
    assert run.history["train/loss"].count == 400_000
