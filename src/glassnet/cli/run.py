"""What `glassnet train` does once its words are read; imports torch and everything else."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console

from glassnet.cli.console import clean
from glassnet.cli.dry_run import print_draft
from glassnet.cli.interrupt import Interrupts
from glassnet.cli.options import changed
from glassnet.cli.progress import Display, Shown
from glassnet.cli.rehearsal import estimate_run
from glassnet.cli.summary import next_command, notes, print_summary
from glassnet.engine.choose import ENGINES
from glassnet.errors import SettingsError, pick
from glassnet.loss.registry import LOSSES
from glassnet.metric import METRICS
from glassnet.model import Model
from glassnet.network.activation import ACTIVATIONS
from glassnet.network.build import NETWORKS
from glassnet.optimizer import OPTIMIZERS
from glassnet.pipeline import Fitted, Listener, Sources, draft_run
from glassnet.pipeline import fit as run_pipeline
from glassnet.quality.checks import short
from glassnet.quality.values import Quality
from glassnet.recipe.tutorials import TUTORIALS
from glassnet.run_folder import (
    MODEL,
    REPORT,
    Repeat,
    check_out,
    json_text,
    metrics_of,
    read_run,
    write_run,
)
from glassnet.schedule import SCHEDULES
from glassnet.settings import SETTING_NAMES, Settings
from glassnet.shared import Shared
from glassnet.table.examples import EXAMPLES

INTERRUPTED: Final = 130
PLOTS: Final = (".png", ".svg", ".pdf")
PAGE: Final = 1.0  # the report takes about as long as the program's start, on any machine
STOPPING: Final = "Stopping: the best epoch is kept and the report finished. Ctrl-C again stops now."

# Names that would else be looked up only after the table is read, which may take minutes.
NAMED: Final[dict[str, Mapping[str, object]]] = {
    "example": EXAMPLES,
    "recipe": {"mlp": 0, **TUTORIALS},
    "network": NETWORKS,
    "activation": ACTIVATIONS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "metric": METRICS,
    "engine": ENGINES,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the command line asks for."""

    sources: Sources
    settings: Settings
    out: Path | None
    plot: Path | None
    dry_run: bool
    quiet: bool
    as_json: bool
    command: tuple[str, ...]  # as it was typed
    given: frozenset[str]  # settings that were typed


def read_asked(words: Mapping[str, Any], command: Sequence[str]) -> Asked:
    """Return what the words ask for, checked as far as it can be before the table is read."""
    before = read_run(Path(words["repeat"])) if "repeat" in words else _nothing_before()
    asked = Asked(
        sources=_sources(before.sources, words),
        settings=changed(_without_other_table(before.settings, words), words),
        out=Path(words["out"]) if "out" in words else None,
        plot=Path(words["plot"]) if "plot" in words else None,
        dry_run="dry_run" in words,
        quiet="quiet" in words,
        as_json="as_json" in words,
        command=("glassnet", *command),
        given=frozenset(words) & frozenset(SETTING_NAMES),
    )
    if asked.quiet and (asked.as_json or asked.dry_run):
        other = "--json" if asked.as_json else "--dry-run"
        raise SettingsError(f"--quiet and {other} each say what is printed; leave one out.")
    for name, known in NAMED.items():
        value = getattr(asked.settings, name)
        if value not in ("", "auto"):
            pick(known, value, name)
    if not asked.dry_run:
        check_out(asked.out)
    if asked.plot is not None and asked.plot.suffix.lower() not in PLOTS:
        raise SettingsError(f"--plot draws to {', '.join(PLOTS)}, but the file is {asked.plot}.")
    if asked.plot is not None and not asked.plot.absolute().parent.is_dir():
        raise SettingsError(f"--plot {asked.plot} cannot be written: there is no folder {asked.plot.parent}.")
    return asked


def _nothing_before() -> Repeat:
    return Repeat(settings=Settings(), sources=Sources())


TABLES: Final = ("source", "query", "example")  # ways to name the table: one given overrules a repeated run's


def _sources(before: Sources, words: Mapping[str, Any]) -> Sources:
    table = words.get("source", "") if any(name in words for name in TABLES) else before.table
    return Sources(
        table=table,
        test=words.get("test", before.test),
        validation=words.get("validation", before.validation),
    )


def _without_other_table(settings: Settings, words: Mapping[str, Any]) -> Settings:
    return replace(settings, query="", example="") if any(name in words for name in TABLES) else settings


def run(asked: Asked, console: Console, began: float) -> int:
    """Train as asked, write the run's folder, show how it went; return the exit code.

    `began` is the moment of time.monotonic() at which the command did.
    """
    starting, shown = time.monotonic() - began, _shown(asked, console)
    if asked.dry_run:
        return _dry_run(asked, console, shown, starting)
    display = Display(console, shown)
    with Interrupts() as interrupts:
        try:
            listener = _listener(asked, display, interrupts, starting)
            fitted = run_pipeline(asked.sources, asked.settings, listener)
            display.phase("writing the report")
            folder = write_run(Model(fitted), asked.out, asked.command, asked.sources)
            if asked.plot is not None:
                _draw(Model(fitted), asked.plot)
        finally:
            display.close()
    _show(asked, console, fitted, folder)
    return INTERRUPTED if interrupts.asked else 0


def _shown(asked: Asked, console: Console) -> Shown:
    silent = asked.quiet or asked.as_json
    return Shown(
        live=console.is_terminal and not silent,
        lines=not console.is_terminal and not silent,
        epochs=asked.settings.recipe == "neuron" and not silent,
    )


def _listener(asked: Asked, display: Display, interrupts: Interrupts, starting: float) -> Listener:
    def should_stop() -> bool:
        if interrupts.asked:
            display.say(STOPPING)
        return interrupts.asked

    def phase(name: str) -> None:
        # From training on there is something to keep.
        interrupts.can_finish = interrupts.can_finish or name == "training"
        display.phase(name)

    return Listener(
        phase=phase,
        progress=display.progress,
        should_stop=should_stop,
        looked=lambda quality: _say_findings(asked, display, quality),
        before=starting,
        after=PAGE * starting,
        given=asked.given,
    )


def _say_findings(asked: Asked, display: Display, quality: Quality) -> None:
    """Print what the table's rows say, before training: a few lines, the rest where it is found."""
    if asked.quiet or asked.as_json:
        return
    for text in short(quality.findings, _describe_command(asked)):
        display.say(clean(text))


def _describe_command(asked: Asked) -> str:
    """Return the command that shows all of the table."""
    settings = asked.settings
    if settings.example:
        return f"glassnet describe --example {shlex.quote(settings.example)}"
    table = asked.sources.table
    source = shlex.quote(str(table)) if table else f"--query {shlex.quote(settings.query)}"
    targets = "".join(f" --target {shlex.quote(name)}" for name in settings.target)
    return f"glassnet describe {source}{targets}"


def _draw(model: Model, path: Path) -> None:
    figure = model.plot_loss().get_figure(root=True)
    assert figure is not None, "axes just made have their figure"
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise SettingsError(f"--plot {path} cannot be written: {error.strerror}.") from None


def _show(asked: Asked, console: Console, fitted: Fitted, folder: Path) -> None:
    if asked.as_json:
        click.echo(json_text(_as_json(fitted, folder)))
    elif asked.quiet:
        click.echo(folder)
    else:
        if asked.settings.recipe == "neuron":
            _neuron_accuracy(fitted, display_line(console))
        print_summary(console, fitted, folder)


def display_line(console: Console) -> Callable[[str], None]:
    """Return what prints one line as it is."""
    return lambda line: console.print(line, soft_wrap=True)


def _neuron_accuracy(fitted: Fitted, say: Callable[[str], None]) -> None:
    """Print the accuracy, as the neuron's tutorial does at its end."""
    for score in fitted.evaluation.scores:
        if score.metric == "accuracy":
            say(f"accuracy {score.value:.4f} on {len(fitted.evaluation.rows):,} {fitted.evaluation.on} rows")
    say("")


def _as_json(fitted: Fitted, folder: Path) -> dict[str, Any]:
    trained = fitted.trained
    return {
        "folder": str(folder),
        "model": str(folder / MODEL),
        "report": str(folder / REPORT),
        "epochs": trained.history.epochs,
        "best_epoch": list(trained.best_epoch_K),
        "stopped": trained.stopped,
        "interrupted": trained.interrupted,
        "seconds": fitted.facts.seconds,
        "engine": fitted.facts.engine,
        **metrics_of(Model(fitted)),
        "notes": notes(fitted),
        "findings": [asdict(one) for one in fitted.quality.findings],
        "next": next_command(fitted, folder),
    }


def _dry_run(asked: Asked, console: Console, shown: Shown, starting: float) -> int:
    display, shared = Display(console, shown), Shared()
    try:
        listener = Listener(
            phase=display.phase,
            looked=lambda quality: _say_findings(asked, display, quality),
            given=asked.given,
        )
        draft = draft_run(asked.sources, asked.settings, listener, shared)
        display.phase("estimating the time")
        estimate = estimate_run(draft, asked.sources, asked.settings, shared, starting)
    finally:
        display.close()
    print_draft(console, draft, estimate, as_json=asked.as_json)
    return 0
