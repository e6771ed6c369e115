"""Compiled losses of held-out rows are torch's, whatever the folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import FusedEngine
from glassnet.engine.losses import LOSSES
from glassnet.metric import METRICS
from glassnet.predict import finish, predictor_of
from glassnet.settings import Architecture, Training
from glassnet.table.values import Rows
from glassnet.validation import held_out_rows

pytest.importorskip("glassnet.engine._fused", reason="built without a C++ compiler")


def held_out_plan(make_plan, members=4, folds=2, **wanted):
    """Return a plan whose folds hold out rows of different number."""
    plan = make_plan(
        rows=170,
        folds=folds,
        weighted=True,
        architecture=Architecture(hidden=(6,), members=members),
        **wanted,
    )
    fit = plan.prepared.rows.fit
    held_out = tuple(np.setdiff1d(np.arange(170), rows)[: 150 - 20 * fold] for fold, rows in enumerate(fit))
    if folds == 1:
        held_out = (np.arange(0, 170, 2),)
    rows = Rows(fit=fit, validation=held_out, test=np.arange(0), how="by hand")
    return replace(plan, prepared=replace(plan.prepared, rows=rows))


@pytest.mark.parametrize("loss", LOSSES)
@given(
    outputs=st.integers(1, 11),
    folds=st.integers(1, 3),
    scale=st.sampled_from((0.1, 1.0, 30.0)),
    smoothing=st.sampled_from((0.0, 0.1)),
    seed=st.integers(0, 1000),
)
@settings(max_examples=20, deadline=None)
def test_losses_are_torchs(make_plan, loss, outputs, folds, scale, smoothing, seed):
    training = Training(loss=loss, label_smoothing=smoothing, quantile=0.3, epoch_by="loss")
    plan = held_out_plan(
        make_plan,
        members=2 * folds,
        folds=folds,
        outputs=max(outputs, 2) if loss == "cross_entropy" else outputs,
        training=training,
    )
    held_out = held_out_rows(plan)
    by_torch = replace(held_out, judge=None)
    rows = sum(2 * len(one) for one in plan.prepared.rows.validation)
    output_ZT = scale * np.random.default_rng(seed).standard_normal((rows, plan.outputs))
    found, expected = held_out.member_losses(output_ZT), by_torch.member_losses(output_ZT)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert held_out.joint_loss(output_ZT) == pytest.approx(by_torch.joint_loss(output_ZT), rel=1e-12)


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy"])
def test_refined_losses_are_torchs(make_plan, loss):
    training = Training(loss=loss, epoch_by="refined")
    plan = held_out_plan(make_plan, outputs=3 if loss == "cross_entropy" else 1, training=training)
    held_out = held_out_rows(plan)
    rows = sum(2 * len(one) for one in plan.prepared.rows.validation)
    output_ZT = 5.0 * np.random.default_rng(1).standard_normal((rows, plan.outputs))
    expected = replace(held_out, judge=None).joint_loss(output_ZT)
    assert held_out.joint_loss(output_ZT) == pytest.approx(expected, rel=1e-12)


def test_a_member_that_overflowed_has_no_finite_loss_and_alone(make_plan):
    plan = held_out_plan(make_plan, training=Training(loss="squared", epoch_by="loss"))
    held_out = held_out_rows(plan)
    output_ZT = FusedEngine(plan).held_out_outputs()
    before = held_out.member_losses(output_ZT)
    output_ZT[0] = np.nan  # of the first fold's first member
    after = held_out.member_losses(output_ZT)
    assert np.isnan(after).tolist() == [True, False, False, False]
    np.testing.assert_array_equal(after[1:], before[1:])


@pytest.mark.parametrize("engine", [FusedEngine, EagerEngine])
def test_held_out_outputs_lie_fold_after_fold_and_member_after_member(make_plan, engine):
    plan = held_out_plan(make_plan, members=6, folds=2, outputs=2, training=Training(precision="float64"))
    one = engine(plan)
    found = held_out_rows(plan).by_fold(one.held_out_outputs())
    for fold, rows in enumerate(plan.prepared.rows.validation):
        np.testing.assert_array_equal(found[fold], one.outputs(rows, fold))


def test_the_metric_is_that_of_the_mean_prediction_of_sound_members(make_plan):
    plan = held_out_plan(make_plan, training=Training(loss="squared"))
    engine, rows = FusedEngine(plan), plan.prepared.rows.validation
    predictions = [
        finish(predictor_of(plan, plan.network, (0,)), {0: engine.outputs(rows[0], 0)[0]}),
        finish(
            predictor_of(plan, plan.network, (1, 3)),
            dict(zip((1, 3), engine.outputs(rows[1], 1), strict=True)),
        ),
    ]
    place_n = np.concatenate(rows)
    expected = METRICS["rmse"].score(
        plan.prepared.target_RT[place_n], np.concatenate(predictions), plan.prepared.weight_R[place_n]
    )
    found = held_out_rows(plan).metric_score(METRICS["rmse"], engine.held_out_outputs(), (0, 1, 3))
    assert found == pytest.approx(expected, rel=1e-12)
