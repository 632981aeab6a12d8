"""Every exception that nnwidgets raises on purpose.

::

    NnwidgetsError
    ├── MetricError          (ValueError)    a value or a metric name that cannot be recorded
    ├── StepError            (ValueError)    steps or epochs that would go backwards
    ├── OptionError          (TypeError)     an option that does not exist
    ├── RefusedError         (ValueError)    a change of a running training that cannot be made correctly
    ├── ModelError           (TypeError)     what should be watched is not a model
    ├── GraphError           (ValueError)    a model that cannot be traced, or what is not a graph
    ├── ScriptError          (ValueError)    a training that cannot be written as a plain script
    ├── CheckError           (ValueError)    a check that asks for what cannot be
    ├── ExportError          (OSError)       a page that cannot be made or written
    ├── RunClosedError       (RuntimeError)  logging to a run that is only a recording
    ├── RunExistsError       (FileExistsError)
    ├── RunNotFoundError     (LookupError)
    ├── RunActiveError       (RuntimeError)  deleting a run that is still being written
    ├── RunDamagedError      (ValueError)    a run file that cannot be read
    ├── StoreError           (OSError)       the disk refused: full, read-only, gone
    └── MissingDependencyError (ImportError) an optional package is not installed

Each one also subclasses the builtin that a person would catch. `StopTraining` is no error: it ends a ``with`` block
whose loop only logs, and like ``KeyboardInterrupt`` it is not caught by ``except Exception``.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

from nnwidgets._i18n import t


class NnwidgetsError(Exception):
    """Base of every exception raised by nnwidgets."""


class MetricError(NnwidgetsError, ValueError):
    """A value or a metric name that cannot be recorded."""


class StepError(NnwidgetsError, ValueError):
    """Steps or epochs that would go backwards."""


class OptionError(NnwidgetsError, TypeError):
    """An option that does not exist."""


class RefusedError(NnwidgetsError, ValueError):
    """A change of a running training that cannot be made correctly; the model is untouched."""


class GraphError(NnwidgetsError, ValueError):
    """A model that cannot be traced, or data that is not a graph."""


class ScriptError(NnwidgetsError, ValueError):
    """A training that cannot be written as a plain script."""


class CheckError(NnwidgetsError, ValueError):
    """A check that asks for what cannot be."""


class ExportError(NnwidgetsError, OSError):
    """A page that cannot be made, or a file that cannot be written; what was there before is untouched."""


class StopTraining(BaseException):
    """The person pressed Stop; the ``with nnw.Run()`` around the loop ends with this and takes it."""


class ModelError(NnwidgetsError, TypeError):
    """What should be watched is not a model of a known framework."""


class RunClosedError(NnwidgetsError, RuntimeError):
    """The run is a recording and takes no new values."""


class RunExistsError(NnwidgetsError, FileExistsError):
    """A run with this id is already stored."""


class RunNotFoundError(NnwidgetsError, LookupError):
    """No stored run has this id."""


class RunActiveError(NnwidgetsError, RuntimeError):
    """The run is still being written by a live process."""


class RunDamagedError(NnwidgetsError, ValueError):
    """The file of this run cannot be read."""


class SnapshotError(NnwidgetsError, ValueError):
    """A file that is no snapshot, or a snapshot of another model; nothing was changed."""


class StoreError(NnwidgetsError, OSError):
    """The disk refused to keep a run: full, read-only or gone."""


class MissingDependencyError(NnwidgetsError, ImportError):
    """An optional package is needed for this and is not installed."""


def reject_unknown(function: str, unknown: Mapping[str, object], known: Collection[str]) -> None:
    """Raise `OptionError` for the first option in ``unknown``, naming the nearest known ones.

    Parameters
    ----------
    function
        What the person called, as they wrote it, e.g. ``"nnw.watch"``.
    unknown
        The options left over after all known ones were taken.
    known
        The names of the options that exist.
    """
    for name in unknown:
        near = difflib.get_close_matches(name, known, n=1)
        hint = t(" Did you mean {near}?", near=repr(near[0])) if near else ""
        raise OptionError(
            t(
                "{function}() has no option {name}.{hint} It takes: {known}.",
                function=function,
                name=repr(name),
                hint=hint,
                known=", ".join(sorted(known)),
            )
        )
