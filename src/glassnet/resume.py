"""Training that goes on: other rows, or more epochs, from a finished run's weights and columns.

Shapes: R rows, T targets.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import polars as pl
import torch

from glassnet.appraise import unevaluated
from glassnet.engine.choose import choose_engine
from glassnet.engine.eager import EagerEngine
from glassnet.engine.plan import Engine
from glassnet.engine.threads import torch_share
from glassnet.errors import SettingsError, SourceError
from glassnet.gather import Gathered, with_class_weights, with_text_labels
from glassnet.held_out.lessons import learn_lessons
from glassnet.held_out.level import with_level
from glassnet.loss.registry import make_loss
from glassnet.metric import choose_metrics
from glassnet.network.own import OwnModule
from glassnet.optimizer import MemberOptimizers
from glassnet.pipeline import Draft, Fitted, Listener, draft_of, fitted_of
from glassnet.planning import divide, facts_of, make_plan
from glassnet.predict import torch_threads
from glassnet.prepare.assemble import encode
from glassnet.prepare.folds import dealt, folds_of
from glassnet.prepare.values import Preparation, Prepared
from glassnet.quality.values import NOT_LOOKED
from glassnet.recipe.choose import choose_recipe
from glassnet.recipe.facts import SMALL
from glassnet.settings import SEED_LIMIT, Decision, Preparing, Recipe, Settings, Training
from glassnet.shared import Shared
from glassnet.table.cells import conform, conform_targets
from glassnet.table.schema import decide_schema
from glassnet.table.source import read_table
from glassnet.table.values import Rows, Schema, Table, Task
from glassnet.table.weights import counted
from glassnet.train import History, Watch, train

EXPECTED_ROWS: Final = 10_000  # of a stream: how many will come is unknown, and a network has one size
APART: Final = 7919  # between the seeds of two passes: each has its own order of rows and dropout masks
NONE: Final = np.empty(0, dtype=np.int64)

Moments = tuple[dict[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Going:
    """A run that goes on: what it came to so far, and the optimiser's memory."""

    fitted: Fitted
    moments: Moments  # each optimiser's state, as torch has it; empty at the start
    passes: int  # over rows, so far: each has its own order and dropout masks


def begin(frame: pl.DataFrame, classes: pl.DataFrame | None, settings: Settings, listener: Listener) -> Going:
    """Return a run after one pass over the first rows of a stream.

    `classes` names every label there will be, in the targets' columns; None takes those of the rows. What
    is learned before training (scales, bins, levels) is learned from these rows. Weights are in the column
    `settings.weight`.
    """
    table = _table(frame, settings)
    whole = table.frame
    if classes is not None:
        named = with_text_labels(classes, settings)
        whole = pl.concat([table.frame, named], how="diagonal_relaxed")
    schema = decide_schema(replace(table, frame=whole), settings, is_part=True)
    settings = replace(settings, validation_share=0.0, test_share=0.0, patience=0, folds=0)
    gathered = _gathered(table, schema, settings)
    facts = replace(facts_of(gathered, settings), rows=EXPECTED_ROWS, repeats=1.0, skewness=0.0)
    recipe = choose_recipe(settings, facts)
    settings = replace(settings, hidden=recipe.architecture.hidden, batch_size=recipe.training.batch_size)
    draft = draft_of(gathered, _told(settings, recipe), listener, Shared())
    return _pass(draft, settings, listener, (), 0)


def go_on(going: Going, frame: pl.DataFrame, settings: Settings, listener: Listener) -> Going:
    """Return the run after one more pass, over these rows. Raises SourceError for a class never named."""
    settings = replace(settings, validation_share=0.0, test_share=0.0, folds=0)
    draft = _draft(going.fitted, frame, settings, is_pass=True)
    recipe = going.fitted.recipe
    draft = replace(draft, recipe=replace(recipe, training=_own_parts(recipe.training, settings)))
    after = _pass(draft, settings, listener, going.moments, going.passes)
    trained = after.fitted.trained
    history = _joined(going.fitted.trained.history, trained.history)
    return replace(after, fitted=replace(after.fitted, trained=replace(trained, history=history)))


def fit_again(fitted: Fitted, frame: pl.DataFrame, settings: Settings, listener: Listener) -> Fitted:
    """Return a run that starts from a finished one's weights and columns, over rows of the same columns.

    The optimiser and its schedule begin anew, for as many epochs as the settings say.
    """
    draft = _draft(fitted, frame, settings)
    engine, why = choose_engine(draft.plan, draft.recipe.engine)
    watch = Watch(
        progress=listener.progress,
        should_stop=listener.should_stop,
        every_epoch=listener.every_epoch,
        metric=draft.metrics[0],
    )
    with torch_threads(torch_share(draft.plan, engine.name)):
        trained = train(draft.plan, engine, watch)
    draft = replace(draft, plan=with_level(draft.plan, trained))
    again = fitted_of(draft, settings, trained, unevaluated(draft.plan), (engine.name, why), draft.seconds)
    lessons = learn_lessons(draft.plan, trained, settings, draft.metrics[0])
    return replace(
        again,
        calibration=lessons.calibration,
        intervals=lessons.intervals,
        threshold=lessons.threshold,
        decisions=(*again.decisions, *lessons.decisions),
    )


def _as_prepared(chosen: tuple[Decision, ...], before: tuple[Decision, ...]) -> tuple[Decision, ...]:
    """Return the decisions, those about the preparation as they were made for the run that goes on."""
    names = {field.name for field in fields(Preparing)}
    return (
        *(one for one in before if one.name in names),
        *(one for one in chosen if one.name not in names),
    )


def _own_parts(training: Training, settings: Settings) -> Training:
    """Return the training with the user's own loss, optimiser and metric: a model file holds their names."""
    own: dict[str, Any] = {
        name: value
        for name in ("loss", "optimizer", "metric")
        if not isinstance(value := getattr(settings, name), str)
    }
    if not isinstance(settings.learning_rate, str):
        own["learning_rate"] = settings.learning_rate  # may change from pass to pass
    return replace(training, **own)


def _told(settings: Settings, recipe: Recipe) -> Settings:
    """Return the settings with a stream's recipe told, so that its first rows alone choose nothing."""
    training = recipe.training
    return replace(
        settings,
        dropout=recipe.architecture.dropout,
        weight_decay=training.weight_decay,
        learning_rate=training.learning_rate,
        precision=training.precision,
        target_scale=recipe.preparing.target_scale,
    )


def _table(frame: pl.DataFrame, settings: Settings) -> Table:
    table = read_table(frame, settings)
    return replace(table, frame=with_text_labels(table.frame, settings))


def _gathered(table: Table, schema: Schema, settings: Settings) -> Gathered:
    """Return the rows as a run takes them, by a schema that is known."""
    conformed, notes = conform(table.frame, schema)
    target_RT = conform_targets(table.frame, schema)
    if schema.task is not Task.REGRESSION and (target_RT < 0).any():
        row = int(np.argmax((target_RT < 0).any(axis=1)))
        known = [str(label) for label in schema.targets[0].labels]
        raise SourceError(
            f"row {row + 1} is of a class that was not named at the start ({', '.join(known[:12])}). Name all"
            " classes in the first partial_fit, or fit anew."
        )
    rows = table.frame.height
    row_R = np.ones(rows)
    if settings.weight:
        row_R = counted(table.frame[settings.weight].cast(pl.Float64).to_numpy().astype(np.float64), rows)
    return Gathered(
        name=table.name,
        source=table.source,
        schema=schema,
        frame=conformed,
        target_RT=target_RT,
        weights=with_class_weights(row_R, target_RT, schema, settings),
        own_rows=rows,
        validation=NONE,
        test=NONE,
        source_rows=np.arange(rows),
        kept=table.frame.select([]),
        notes=(*table.notes, *notes),
    )


def _draft(fitted: Fitted, frame: pl.DataFrame, settings: Settings, *, is_pass: bool = False) -> Draft:
    """Return everything decided for rows of a finished run's columns: its network, its preparation.

    In a pass nothing is held out: each member trains on all rows, as its own fold has learned to read them.
    """
    schema, learned = fitted.schema, folds_of(fitted.preparation)
    gathered = _gathered(_table(frame, settings), schema, settings)
    settings = settings if is_pass else _folds_as_before(settings, learned, gathered.own_rows)
    chosen = choose_recipe(settings, facts_of(gathered, settings))
    folds = learned if is_pass else max(chosen.folds, 1)
    architecture = fitted.recipe.architecture
    if isinstance(fitted.network, OwnModule):
        architecture = replace(architecture, network=settings.network)
    team = fitted.trained.team
    if architecture.members < folds:
        raise SettingsError(
            f"{architecture.members} members cannot go on in {folds} folds, one at least in each; leave folds"
            " as they were, or fit anew."
        )
    if architecture.sharing == "layers" and (team is None or len(team.first_FOI) != folds):
        # Other teams than before cannot share what these members have learned: each goes on by itself.
        architecture, team = replace(architecture, sharing="none", input_scaling="none"), None
    precision = fitted.recipe.training.precision
    recipe = replace(
        chosen,
        architecture=architecture,
        preparing=fitted.recipe.preparing,
        training=replace(chosen.training, precision=precision),
        decisions=_as_prepared(chosen.decisions, fitted.recipe.decisions),
    )
    rows = divide(gathered, settings, recipe)
    if is_pass:
        rows = replace(rows, fit=rows.fit * folds, validation=rows.validation * folds)
    prepared = _prepared_again(fitted.preparation, gathered, rows)
    loss = make_loss(recipe.training, schema.task)
    plan = make_plan(prepared, schema, recipe, loss, settings, Shared())
    plan = replace(plan, network=copy.deepcopy(fitted.network), team=team)
    metrics = choose_metrics(recipe.training.metric, schema.task)
    return Draft(
        gathered=gathered,
        rows=rows,
        recipe=recipe,
        plan=plan,
        metrics=metrics,
        quality=NOT_LOOKED,
        seconds={},
    )


def _prepared_again(preparation: Preparation, gathered: Gathered, rows: Rows) -> Prepared:
    """Return rows read as the folds of before have learned to, which these folds are dealt in turn."""
    learned = folds_of(preparation)
    return Prepared(
        encoded=encode(gathered.frame, preparation.encoding),
        preparation=dealt(preparation, [fold % learned for fold in range(rows.folds)]),
        target_RT=gathered.target_RT,
        weight_R=gathered.weights.row_R,
        loss_weight_R=gathered.weights.loss_R,
        rows=rows,
    )


def _folds_as_before(settings: Settings, folds: int, rows: int) -> Settings:
    """Return the settings with the folds that there were, where these are left open and the rows suffice."""
    is_open = settings.folds == "auto" and settings.validation_share == "auto"
    return replace(settings, folds=folds if folds > 1 else 0) if is_open and rows >= SMALL else settings


def _pass(draft: Draft, settings: Settings, listener: Listener, moments: Moments, done: int) -> Going:
    """Train one epoch at a constant rate, with the optimiser's memory of the passes before."""
    plan = replace(draft.plan, training=_one_pass(draft.recipe.training, done))
    engine = EagerEngine(plan)
    optimizers = _optimizers(engine)
    for optimizer, memory in zip(optimizers, moments, strict=False):  # at the start there is none
        optimizer.load_state_dict(memory)
    trained = train(plan, engine, _watch(listener))
    draft = replace(draft, plan=plan)  # one part of a stream says nothing about the level of the whole
    fitted = fitted_of(draft, settings, trained, unevaluated(plan), _named(engine), draft.seconds)
    return Going(fitted=fitted, moments=tuple(one.state_dict() for one in optimizers), passes=done + 1)


def _optimizers(engine: EagerEngine) -> list[torch.optim.Optimizer]:
    """Return the engine's optimiser, or a user's own, one for each member."""
    inner = engine.optimizer
    every = inner.optimizers if isinstance(inner, MemberOptimizers) else [inner]
    return [one for one in every if isinstance(one, torch.optim.Optimizer)]


def _one_pass(training: Training, done: int) -> Training:
    seed = (training.seed + APART * done) % SEED_LIMIT
    # No mean over steps: the next pass goes on from where this one ended, not from behind it.
    steady = replace(training, schedule="constant", warmup=0.0, average=0.0)
    return replace(steady, epochs=1, patience=0, seed=seed)


def _watch(listener: Listener) -> Watch:
    return Watch(progress=listener.progress, should_stop=listener.should_stop)


def _named(engine: Engine) -> tuple[str, str]:
    return engine.name, "its optimiser's memory is carried from pass to pass"


def _joined(before: History, after: History) -> History:
    """Return the epochs of both, one after another; steps and records are the later ones'."""
    start = before.seconds_E[-1] if before.seconds_E.size else 0.0
    return replace(
        after,
        training_loss_EK=np.concatenate([before.training_loss_EK, after.training_loss_EK]),
        validation_loss_EK=np.concatenate([before.validation_loss_EK, after.validation_loss_EK]),
        metric_E=np.concatenate([before.metric_E, after.metric_E]),
        seconds_E=np.concatenate([before.seconds_E, start + after.seconds_E]),
    )
