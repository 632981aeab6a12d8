"""A training in a thread of its own: the cell returns at once, and what is printed stays with it."""

from __future__ import annotations

import contextvars
import sys
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nnwidgets._i18n import t
from nnwidgets._services import services
from nnwidgets.protocol import OPEN_STATUSES

if TYPE_CHECKING:
    from nnwidgets.run import Run


class Background:
    """The background training of one run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._thread: threading.Thread | None = None
        #: Whether ■ ended it.
        self.interrupted = False

    @property
    def alive(self) -> bool:
        """Whether it is running."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def here(self) -> bool:
        """Whether the caller is the background training itself."""
        return threading.current_thread() is self._thread

    def start(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """See `Run.start`."""
        if not callable(fn):
            raise TypeError(
                t("run.start(fn) takes a function that trains, not {kind}.", kind=type(fn).__name__)
            )
        if self.alive:
            raise RuntimeError(t("A training runs in the background already: run.stop(), then run.wait()."))
        self.interrupted = False
        release = services.on_interrupt(self._interrupt)
        # The kernel finds a cell's output through context variables, so a copy keeps what is printed in this cell.
        context = contextvars.copy_context()

        def work() -> None:
            error: BaseException | None = None
            try:
                context.run(fn, *args, **kwargs)
            except BaseException as caught:  # noqa: BLE001 — there is nobody above to take it
                error = caught
                context.run(_tell, caught)
            finally:
                release()
                self._end(error)

        thread = threading.Thread(target=work, name=f"nnwidgets {self._run.name}", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            release()
            raise RuntimeError(
                t(
                    "This Python cannot start threads ({error}), so nothing trains in the background. "
                    "Call the function itself: the cell then lasts as long as the training.",
                    error=error,
                )
            ) from error
        self._thread = thread

    def wait(self, timeout: float | None) -> bool:
        """See `Run.wait`."""
        if self._thread is not None and not self.here:
            self._thread.join(timeout)
        return not self.alive

    def _interrupt(self) -> None:
        self.interrupted = True
        self._run._steering.submit("stop", None, "panel")

    def _end(self, error: BaseException | None) -> None:
        run = self._run
        if run.status in OPEN_STATUSES or error is not None:
            run._end_with(error)


def _tell(error: BaseException) -> None:
    traceback.print_exception(error, file=sys.stderr)
