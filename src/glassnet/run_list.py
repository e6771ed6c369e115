"""The runs of a folder, read from their JSON files alone: no torch, so that a list is there at once."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from glassnet.errors import SettingsError, listed, near_miss, pick

RUN: Final = "run.json"  # as run_folder has it, which imports torch
METRICS: Final = "metrics.json"
HALF_WRITTEN: Final = ".glassnet-"  # how folders begin that are not yet, or never were, finished
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What a list shows of one run."""

    name: str
    path: Path
    finished: str  # ISO 8601; empty where it is not known
    source: str  # path, example or query
    targets: tuple[str, ...]
    recipe: str
    rows: int  # of the table
    measured_on: str  # test or training
    metric: str  # the first one; empty without any
    value: float
    low: float  # 95 % interval
    high: float
    larger_is_better: bool
    seconds: float  # of the whole run

    @property
    def when(self) -> datetime:
        """When the run ended; the earliest time there is where it is not known."""
        try:
            found = datetime.fromisoformat(self.finished)
        except ValueError:
            return EARLIEST
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunList:
    """The runs of a folder, and what else lies there."""

    lines: tuple[Line, ...]
    left_out: tuple[str, ...]  # "name (why)", of folders that hold no run that can be read


def read_runs(folder: Path) -> RunList:
    """Return the runs that lie in a folder, newest first; of the folder of one run, that run.

    Raises SettingsError for a folder that does not exist or cannot be read. What lies there and is no run
    is named, and no error.
    """
    try:
        places = [folder] if (folder / RUN).is_file() else sorted(folder.iterdir())
    except FileNotFoundError:
        raise SettingsError(
            f"there is no folder {folder}; `glassnet train` makes one for its runs."
        ) from None
    except NotADirectoryError:
        raise SettingsError(f"{folder} is a file; name the folder that holds runs.") from None
    except OSError as error:
        raise SettingsError(f"folder {folder} cannot be read: {error.strerror}.") from None
    lines, left_out = [], []
    for place in places:
        if place.is_dir():
            found = _read(place)
            if isinstance(found, Line):
                lines.append(found)
            else:
                left_out.append(f"{place.name} ({found})")
        elif "-unfinished-" in place.name and place.suffix == ".glassnet":
            left_out.append(f"{place.name} (the model of a run whose folder could not be written)")
    return RunList(lines=tuple(sort_lines(lines, "newest")), left_out=tuple(left_out))


def _read(folder: Path) -> Line | str:
    """Return the line of a run's folder, or why there is none."""
    if folder.name.startswith(HALF_WRITTEN):
        return "still being written, or cut off"
    try:
        run, metrics = _json(folder / RUN), _json(folder / METRICS)
    except FileNotFoundError as error:
        return f"no {Path(error.filename).name}"
    except OSError as error:
        return f"not readable: {error.strerror}"
    except (ValueError, RecursionError):
        return "damaged JSON"
    try:
        return _line(folder, run, metrics)
    except (KeyError, TypeError, ValueError, AttributeError):
        return f"a {RUN} or {METRICS} that `glassnet train` did not write"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _line(folder: Path, run: Any, metrics: Any) -> Line:
    scores = metrics["metrics"]
    first = scores[0] if scores else {}
    return Line(
        name=folder.resolve().name,
        path=folder,
        finished=str(run["finished"]),
        source=_source(run),
        targets=tuple(str(one) for one in metrics["targets"]),
        recipe=str(run["settings"]["recipe"]),
        rows=int(run["rows"]["table"]),
        measured_on=str(metrics["on"]),
        metric=str(first.get("metric", "")),
        value=_number(first.get("value")),
        low=_number(first.get("low")),
        high=_number(first.get("high")),
        larger_is_better=bool(first.get("larger_is_better", True)),
        seconds=float(sum(_number(one) for one in run["seconds"].values())),
    )


def _source(run: Any) -> str:
    """Return the table's path, or the example or query instead of one."""
    settings = run["settings"]
    if settings["example"]:
        return f"example {settings['example']}"
    return str(settings["query"] or run["sources"]["table"] or "a table in memory")


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


# ---- order and choice ----


def _metric_key(line: Line) -> tuple[Any, ...]:
    """Return what sorts the best first among runs of the same target and metric; unknown ones last."""
    is_unknown = math.isnan(line.value)
    sign = -1.0 if line.larger_is_better else 1.0
    return (
        line.targets,
        line.measured_on != "test",
        line.metric,
        is_unknown,
        0.0 if is_unknown else sign * line.value,
    )


SORTS: Final[dict[str, Callable[[Line], Any]]] = {
    "newest": lambda line: EARLIEST - line.when,
    "name": lambda line: (line.name.lower(), line.name),
    "metric": _metric_key,
    "seconds": lambda line: (math.isnan(line.seconds), line.seconds),
    "rows": lambda line: -line.rows,
    "source": lambda line: line.source,
    "target": lambda line: line.targets,
}


def sort_lines(lines: Iterable[Line], by: str) -> list[Line]:
    """Return the lines in order. Raises SettingsError with the known orders for another."""
    return sorted(lines, key=pick(SORTS, by, "order"))


def with_target(lines: Iterable[Line], target: str) -> list[Line]:
    """Return the runs that predict a column. Raises SettingsError with the nearest name where none does."""
    every = list(lines)
    found = [line for line in every if target in line.targets]
    if not found:
        known = dict.fromkeys(name for line in every for name in line.targets)
        raise SettingsError(
            f"no run predicts '{target}'.{near_miss(target, known)}"
            f" Predicted here: {listed(known) or 'nothing'}."
        )
    return found
