"""The whole flow on one screen: source, table, schema, rows, preparation, network, training, evaluation.

Shapes: R rows of all tables together, T targets, F folds, K members.
"""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl
from torch import nn

from glassnet.appraise import MARGIN, Candidate, appraise, seconds_after, tested_rows, unevaluated
from glassnet.engine.choose import choose_engine, missing_note
from glassnet.engine.plan import Plan
from glassnet.engine.threads import torch_share, used_threads
from glassnet.evaluate.values import Evaluation
from glassnet.futile import Known, futile_settings
from glassnet.gather import Gathered, gather, table_key
from glassnet.held_out.lessons import NO_LESSONS, Lessons, labels_stay, learn_lessons
from glassnet.held_out.level import with_level
from glassnet.held_out.threshold import check_threshold
from glassnet.held_out.values import (
    LIKELIEST,
    NO_INTERVALS,
    UNCALIBRATED,
    Calibration,
    Intervals,
    Threshold,
)
from glassnet.loss.registry import make_loss
from glassnet.metric import Metric, choose_metrics
from glassnet.pace import within_limit
from glassnet.planning import divide, facts_of, make_plan
from glassnet.predict import Predictor, predictor_of, torch_threads
from glassnet.prepare.assemble import prepare
from glassnet.prepare.values import Preparation
from glassnet.quality.checks import look
from glassnet.quality.values import NOT_LOOKED, Quality
from glassnet.recipe.choose import choose_recipe
from glassnet.settings import Decision, Recipe, Settings
from glassnet.shared import Shared
from glassnet.table.futile import Futile, futile_reading
from glassnet.table.places import united
from glassnet.table.values import RowNumbers, Rows, Schema
from glassnet.train import Progress, Trained, Watch, train
from glassnet.trial import tries, with_trials
from glassnet.versions import versions


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Where the rows come from: paths or tables in memory; empty where there are none of their own."""

    table: object = ""
    test: object = None
    validation: object = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """Who hears of a run, and may stop it."""

    phase: Callable[[str], None] = lambda _: None  # "reading", "preparing", ...
    progress: Callable[[Progress], None] = lambda _: None
    should_stop: Callable[[], bool] = lambda: False
    looked: Callable[[Quality], None] = lambda _: None  # what the table's rows say, before training
    every_epoch: bool = False  # whether `progress` has to hear of each epoch, however short
    before: float = 0.0  # seconds of the caller's own that a time limit is for too, spent already
    after: float = 0.0  # and those that it spends afterwards, on a report
    evaluates: bool = True  # False: no look at the table, no evaluation (an estimator's caller scores it)
    only_labels: bool = False  # whether nobody will ask for probabilities, intervals or reasons
    given: frozenset[str] = frozenset()  # settings of this very call: refused where surely without effect


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """Everything decided, nothing trained."""

    gathered: Gathered
    rows: Rows
    recipe: Recipe
    plan: Plan
    metrics: tuple[Metric, ...]
    quality: Quality
    seconds: dict[str, float]  # per phase
    futile: tuple[Futile, ...] = ()  # settings without effect


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """How, where and with what a run was made."""

    engine: str
    engine_reason: str
    threads: int
    seconds: dict[str, float]  # per phase
    versions: dict[str, str]
    machine: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fitted:
    """A finished run: all that prediction, the report and the model file need."""

    name: str  # of the table
    source: str
    settings: Settings
    schema: Schema
    recipe: Recipe
    decisions: tuple[Decision, ...]  # of the schema, the split, the recipe and the engine
    notes: tuple[str, ...]  # sentences about the table, for the user
    table_rows: int
    row_counts: tuple[int, int, int]  # training, validation, test
    split: str
    preparation: Preparation
    loss: str
    link: str
    outputs: int
    scales_target: bool
    trained: Trained
    evaluation: Evaluation
    evaluated_rows: RowNumbers  # numbers of the evaluation's rows in their source, from 0
    kept: pl.DataFrame  # columns copied into the predictions, for the evaluation's rows
    facts: RunFacts
    calibration: Calibration = UNCALIBRATED
    threshold: Threshold = LIKELIEST  # of the positive class
    intervals: Intervals = NO_INTERVALS  # errors on held-out rows: how far a number may be off
    quality: Quality = NOT_LOOKED  # what the table's rows said before training

    @property
    def used_rows(self) -> int:
        """Rows that train, choose the epoch or test; with folds those held out train too, in other folds."""
        training, validation, test = self.row_counts
        return training + (0 if self.recipe.folds else validation) + test

    @property
    def network(self) -> nn.Module:
        """The trained members."""
        return self.trained.network

    @property
    def predictor(self) -> Predictor:
        """What turns encoded rows into predictions."""
        return Predictor(
            network=self.network,
            preparation=self.preparation,
            link=self.link,
            task=self.schema.task,
            outputs=self.outputs,
            members=self.trained.members,
            folds=max(self.recipe.folds, 1),
            scales_target=self.scales_target,
            temperature=self.calibration.temperature,
            is_eager=self.recipe.engine == "eager",
            threads=self.settings.threads,
        )


def fit(
    sources: Sources, settings: Settings, listener: Listener | None = None, shared: Shared | None = None
) -> Fitted:
    """Read, decide, split, prepare, build, train and evaluate; return everything that came of it.

    Runs over the same sources may be given one `shared`: what they have in common is made once.
    """
    listener = listener or Listener()
    started = time.monotonic()
    draft = draft_run(sources, settings, listener, shared)
    listener.phase("training")
    end, after = started + settings.time_limit - listener.before, 0.0
    if not math.isinf(settings.time_limit):
        after = _kept_back(draft, settings.time_limit, listener.after) if listener.evaluates else 0.0
        plan, recipe = within_limit(draft.plan, draft.recipe, draft.metrics[0], end - after)
        draft = replace(draft, plan=plan, recipe=recipe, rows=plan.prepared.rows)
    draft = _without_trained_cells(draft, listener)
    # The plan leaves `after` seconds; where it takes longer, it may take what these hold to spare.
    trained, engine = _trained(draft, listener, deadline=end - after / MARGIN)
    plan = with_level(replace(draft.plan, shared=Shared()), trained)  # without the engine's inputs, done with
    draft = replace(draft, plan=plan)
    listener.phase("evaluating")
    before = time.monotonic()
    lessons = NO_LESSONS
    if not (listener.only_labels and labels_stay(plan, settings)):
        lessons = learn_lessons(plan, trained, settings, draft.metrics[0])
    predictor = predictor_of(plan, trained.network, trained.members)
    predictor = replace(predictor, temperature=lessons.calibration.temperature)
    evaluation = unevaluated(plan)
    if listener.evaluates:
        evaluation = appraise(_candidate(draft, predictor, lessons), by=end - listener.after)
    seconds = draft.seconds | {"training": trained.seconds, "evaluating": time.monotonic() - before}
    fitted = fitted_of(draft, settings, trained, evaluation, engine, seconds)
    return replace(
        fitted,
        calibration=lessons.calibration,
        intervals=lessons.intervals,
        threshold=lessons.threshold,
        decisions=(*fitted.decisions, *lessons.decisions),
    )


def _without_trained_cells(draft: Draft, listener: Listener) -> Draft:
    """Return the draft with the cells of tested rows alone: of all others the encoded ones are enough.

    As they were read, cells take two to four times the memory of the encoded table.
    """
    frame = draft.gathered.frame
    frame = frame[tested_rows(draft.plan)[1]] if listener.evaluates else frame.clear()
    return replace(draft, gathered=replace(draft.gathered, frame=frame))


def _trained(draft: Draft, listener: Listener, deadline: float) -> tuple[Trained, tuple[str, str]]:
    """Return what training came to, with the engine's name and why it ran; of the engine nothing is left."""
    plan = draft.plan
    engine, reason = choose_engine(plan, draft.recipe.engine)
    watch = Watch(
        progress=listener.progress,
        should_stop=listener.should_stop,
        every_epoch=listener.every_epoch,
        deadline=deadline,
        metric=draft.metrics[0],
    )
    with torch_threads(torch_share(plan, engine.name)):
        return train(plan, engine, watch), (engine.name, reason)


def draft_run(
    sources: Sources, settings: Settings, listener: Listener | None = None, shared: Shared | None = None
) -> Draft:
    """Decide everything up to the first step; only what short trials decide is trained."""
    listener, shared = listener or Listener(), shared or Shared()
    listener.phase("reading")
    before = time.monotonic()
    tables = (sources.table, sources.test, sources.validation)
    unread = futile_reading(tables, settings, listener.given)
    key = table_key(settings)
    gathered = shared.once(("table", key), lambda: gather(*tables, settings))
    reading = time.monotonic() - before
    listener.phase("preparing")
    draft = draft_of(gathered, settings, listener, shared, key)
    return replace(draft, seconds={"reading": reading, **draft.seconds}, futile=(*unread, *draft.futile))


def draft_of(
    gathered: Gathered,
    settings: Settings,
    listener: Listener,
    shared: Shared,
    key: tuple[object, ...] = (),
) -> Draft:
    """Decide everything about tables that are read already; `key` tells them apart in `shared`."""
    before = time.monotonic()
    schema, facts = gathered.schema, facts_of(gathered, settings)
    check_threshold(settings.threshold, schema.task)
    recipe = choose_recipe(settings, facts)
    rows = shared.once(
        ("rows", key, settings.seed, recipe.shares), lambda: divide(gathered, settings, recipe)
    )
    if tries(settings, recipe, facts):
        facts = shared.once(
            ("trials", key, settings),
            lambda: with_trials(facts_of(gathered, settings), gathered, rows, settings, listener.should_stop),
        )
        recipe = choose_recipe(settings, facts)
    loss = make_loss(recipe.training, schema.task)
    choices = recipe.preparing if loss.scales_target else replace(recipe.preparing, target_scale="none")
    key = (*key, choices, settings.seed, recipe.shares)
    explained = not listener.only_labels
    prepared = shared.once(
        ("prepared", key, explained),
        lambda: prepare(
            gathered.frame, schema, gathered.target_RT, gathered.weights, rows, choices, explained=explained
        ),
    )
    alike = shared.once(("alike", key), Shared)
    plan = make_plan(prepared, schema, recipe, loss, settings, alike)
    metrics = choose_metrics(recipe.training.metric, schema.task)
    known = Known(settings=settings, schema=schema, recipe=recipe, prepared=prepared, facts=facts)
    futile = futile_settings(known, listener.given)
    quality = NOT_LOOKED
    if listener.evaluates:
        quality = shared.once(("quality", key), lambda: _look(gathered, rows, settings))
        listener.looked(quality)
    return Draft(
        gathered=gathered,
        rows=rows,
        recipe=recipe,
        plan=plan,
        metrics=metrics,
        quality=quality,
        seconds={"preparing": time.monotonic() - before},
        futile=futile,
    )


def _look(table: Gathered, rows: Rows, settings: Settings) -> Quality:
    return look(table.frame, table.schema, table.target_RT, rows, settings.seed, table.source_rows)


def _kept_back(draft: Draft, limit: float, own: float) -> float:
    """Return the seconds of a time limit that training leaves for what follows."""
    columns, metrics = len(draft.gathered.schema.inputs), len(draft.metrics)
    return seconds_after(draft.plan, columns, metrics, limit, own)


def _candidate(draft: Draft, predictor: Predictor, lessons: Lessons) -> Candidate:
    return Candidate(
        plan=draft.plan,
        predictor=predictor,
        lessons=lessons,
        schema=draft.gathered.schema,
        frame=draft.gathered.frame,
        metrics=draft.metrics,
    )


def fitted_of(
    draft: Draft,
    settings: Settings,
    trained: Trained,
    evaluation: Evaluation,
    engine: tuple[str, str],
    seconds: dict[str, float],
) -> Fitted:
    """Return the finished run; `engine` is its name and why it ran."""
    gathered, plan, rows = draft.gathered, draft.plan, draft.rows
    facts = RunFacts(
        engine=engine[0],
        engine_reason=engine[1],
        threads=used_threads(plan, engine[0]),
        seconds=seconds,
        versions=versions(),
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    )
    return Fitted(
        name=gathered.name,
        source=gathered.source,
        settings=settings,
        schema=gathered.schema,
        recipe=draft.recipe,
        decisions=_decisions(draft, facts),
        notes=(
            *map(str, draft.futile),
            *gathered.notes,
            *trained.warnings,
            *missing_note(facts.engine_reason),
        ),
        table_rows=gathered.own_rows,
        row_counts=(len(united(rows.fit)), len(rows.validation[0]), len(rows.test)),
        split=rows.how,
        preparation=plan.prepared.preparation,
        loss=plan.loss.name,
        link=plan.loss.link,
        outputs=plan.outputs,
        scales_target=plan.loss.scales_target,
        trained=trained,
        evaluation=evaluation,
        evaluated_rows=gathered.source_rows[evaluation.rows],
        kept=gathered.kept[evaluation.rows] if settings.keep else pl.DataFrame(),
        facts=facts,
        quality=draft.quality,
    )


def _decisions(draft: Draft, facts: RunFacts) -> tuple[Decision, ...]:
    """Return everything the program chose, in the order in which it did."""
    schema = draft.gathered.schema
    kinds = [
        Decision(
            name=f"column '{column.name}'",
            value=column.kind if column.used else f"{column.kind}, left out",
            reason=column.why_unused or column.reason,
        )
        for column in schema.columns
    ]
    return (
        Decision(name="task", value=schema.task, reason=schema.task_reason),
        *kinds,
        Decision(name="split", value=draft.rows.how, reason="by seed, so that it can be repeated"),
        *(one for one in draft.recipe.decisions if one.name != "engine"),
        Decision(name="engine", value=facts.engine, reason=_engine_reason(draft.recipe, facts)),
        Decision(name="threads", value=str(facts.threads), reason="as many as a step can use"),
    )


def _engine_reason(recipe: Recipe, facts: RunFacts) -> str:
    """Return why this engine ran; a tutorial's recipe has its own reason."""
    by_recipe = [one.reason for one in recipe.decisions if one.name == "engine"]
    return f"{by_recipe[0]}: the plain program's numbers, bit for bit" if by_recipe else facts.engine_reason
