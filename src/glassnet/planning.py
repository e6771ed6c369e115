"""From tables and a recipe to a plan: which rows train, what the network is, what it is compared with.

Shapes: F folds, R rows, T outputs.
"""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np

from glassnet.engine.plan import Plan
from glassnet.errors import SettingsError
from glassnet.gather import Gathered
from glassnet.loss.registry import Loss, output_count
from glassnet.network.build import build_network
from glassnet.network.mlp import InputShape
from glassnet.prepare.assemble import dense_sources
from glassnet.prepare.target import scale_target
from glassnet.prepare.values import Floats64, Prepared
from glassnet.recipe.facts import MOST_DISTINCT, Facts
from glassnet.settings import Recipe, Settings
from glassnet.shared import Shared
from glassnet.table.split import check_weights, split_rows
from glassnet.table.values import Kind, Rows, Schema, Task


def facts_of(gathered: Gathered, settings: Settings) -> Facts:
    """Return what the recipe may know of the table."""
    schema, own = gathered.schema, gathered.own_rows
    numbers = [one for one in schema.inputs if one.kind in (Kind.NUMBER, Kind.DATE)]
    counted = float(gathered.weights.row_R[:own].sum())
    return Facts(
        rows=round(counted),
        effort=settings.effort,
        repeats=counted / max(own, 1),
        task=schema.task,
        classes=len(schema.targets[0].labels),
        is_in_order=bool(schema.time or schema.group),
        has_own_validation=len(gathered.validation) > 0,
        has_own_test=len(gathered.test) > 0,
        distinct=tuple(min(one.distinct, MOST_DISTINCT) for one in numbers),
        skewness=_skewness(gathered) if schema.task is Task.REGRESSION else 0.0,
    )


def _skewness(gathered: Gathered) -> float:
    """Return the least skewness of the targets over the rows of the main table; 0 where any is below 0."""
    own = gathered.own_rows
    target_RT, weight_R = gathered.target_RT[:own], gathered.weights.row_R[:own]
    target_RT, weight_R = target_RT[weight_R > 0], weight_R[weight_R > 0]
    if not len(target_RT) or target_RT.min() < 0:
        return 0.0
    # In units of the largest: third powers of numbers near the largest there are would be infinite.
    share_RT = target_RT / np.maximum(target_RT.max(axis=0), np.finfo(np.float64).tiny)
    off_RT = share_RT - np.average(share_RT, axis=0, weights=weight_R)
    spread_T = np.sqrt(np.average(off_RT**2, axis=0, weights=weight_R))
    third_T = np.average(off_RT**3, axis=0, weights=weight_R)
    # Of a constant's differences nothing but rounding is left.
    return float(np.where(spread_T > 1e-9, third_T / np.maximum(spread_T, 1e-9) ** 3, 0.0).min())


def divide(gathered: Gathered, settings: Settings, recipe: Recipe) -> Rows:
    """Return the rows of training, validation and test; rows of own files go where they were meant for."""
    own = gathered.own_rows
    schema, frame = gathered.schema, gathered.frame
    rows = split_rows(
        own,
        gathered.target_RT[:own],
        schema,
        settings,
        recipe.shares,
        times=frame[schema.time][:own] if schema.time else None,
        groups=frame[schema.group][:own] if schema.group else None,
    )
    if len(gathered.validation):
        if recipe.folds:
            raise SettingsError("folds hold out training rows in turn; give no validation rows with them.")
        rows = replace(rows, validation=(gathered.validation,), how=rows.how + "; own validation rows")
    if len(gathered.test):
        rows = replace(rows, test=gathered.test, how=rows.how + "; own test rows")
    check_weights(rows, gathered.weights.row_R, schema.weight)
    return rows


def make_plan(
    prepared: Prepared, schema: Schema, recipe: Recipe, loss: Loss, settings: Settings, shared: Shared
) -> Plan:
    """Return all that decides the training's numbers, with the network at its initial weights.

    `shared` is what plans over the same preparation have in common.
    """
    outputs = output_count(loss, schema.task, len(schema.targets[0].labels), len(schema.targets))
    preparation = prepared.preparation
    sources = dense_sources(preparation)
    place = {source: number for number, source in enumerate(dict.fromkeys(sources))}
    inputs = InputShape(
        dense=preparation.dense,
        embedded=preparation.embedded,
        embedding=preparation.choices.embedding,
        groups=tuple(place[source] for source in sources),
    )
    training = recipe.training
    seed, precision = settings.seed, training.precision
    network = shared.once(
        ("network", recipe.architecture, inputs, outputs, precision),
        lambda: build_network(recipe.architecture, inputs, outputs, seed=seed, precision=precision),
    )
    return Plan(
        prepared=prepared,
        architecture=recipe.architecture,
        training=training,
        task=schema.task,
        loss=loss,
        inputs=inputs,
        outputs=outputs,
        network=network,
        target_FRT=tuple(_target(prepared, schema, loss, outputs, f) for f in range(prepared.rows.folds)),
        threads=settings.threads or os.cpu_count() or 1,
        has_given_threads=settings.threads > 0,
        records=settings.records,
        is_eager=recipe.engine == "eager",
        shared=shared,
    )


def _target(prepared: Prepared, schema: Schema, loss: Loss, outputs: int, fold: int) -> Floats64:
    """Return what the loss compares outputs with: numbers scaled, class numbers, or one 0/1 per class."""
    target_RT = prepared.target_RT
    if schema.task is Task.REGRESSION:
        return scale_target(target_RT, prepared.preparation.target, fold)
    if loss.by_class or schema.task in (Task.BINARY, Task.MULTILABEL):
        return target_RT
    return np.asarray(target_RT == np.arange(outputs), dtype=np.float64)
