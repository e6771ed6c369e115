"""A plan's numbers are functions: orders, masks, steps, whatever was asked before."""

from dataclasses import replace

import numpy as np
import pytest

from glassnet import chance
from glassnet.engine.plan import Plan
from glassnet.pipeline import Sources, draft_run
from glassnet.settings import Settings

BASE = Settings(
    example="moons",
    example_rows=100,
    validation_share=0.2,
    test_share=0.2,
    hidden=(6, 4),
    dropout=0.3,
    batch_size=20,
    epochs=3,
    members=2,
)


def plan_of(**changes: object) -> Plan:
    return draft_run(Sources(), replace(BASE, **changes)).plan


def test_an_order_is_each_row_once():
    plan = plan_of()
    for member in range(2):
        for epoch in range(3):
            order, real = plan.order(member, epoch)
            assert real == len(order) == plan.longest
            np.testing.assert_array_equal(np.sort(order), plan.fit_rows(member))


def test_an_order_is_the_named_stream():
    plan = plan_of(seed=5)
    rows = plan.fit_rows(1)
    places = chance.order(5, chance.Purpose.ORDER, len(rows), member=1, epoch=2)
    np.testing.assert_array_equal(plan.order(1, 2)[0], rows[places])


def test_one_batch_keeps_the_tables_order():
    plan = plan_of(batch_size=0, dropout=0.0)
    np.testing.assert_array_equal(plan.order(0, 1)[0], plan.fit_rows(0))
    assert plan.steps_per_epoch == 1


@pytest.mark.parametrize(("batch", "steps"), [(1, 60), (7, 9), (20, 3), (59, 2), (60, 1), (500, 1), (0, 1)])
def test_steps_of_an_epoch(batch, steps):
    plan = plan_of(batch_size=batch)
    assert plan.longest == 60
    assert plan.steps_per_epoch == steps
    assert plan.steps == 3 * steps
    assert plan.batch_size == min(batch or 60, 60)


def test_masks_are_the_named_stream_cut_by_layer():
    plan = plan_of(seed=5)
    first, second = plan.keep_masks(1, 2, 0, 20)
    assert first.shape == (20, 6)
    assert second.shape == (20, 4)
    lanes = chance.lanes16(5, chance.Purpose.DROPOUT, 200, member=1, epoch=2, step=0)
    kept = lanes < chance.keep_threshold(0.3)
    np.testing.assert_array_equal(np.concatenate([first.ravel(), second.ravel()]), kept)
    assert not np.array_equal(first, plan.keep_masks(1, 2, 1, 20)[0])
    assert not np.array_equal(first, plan.keep_masks(0, 2, 0, 20)[0])


def test_masks_keep_the_share_they_should():
    kept = np.mean([plan.mean() for plan in plan_of().keep_masks(0, 0, 0, 20_000)])
    assert kept == pytest.approx(0.7, abs=0.005)  # four standard errors of 200,000 units
    assert plan_of(dropout=0.0).keep_masks(0, 0, 0, 20) == ()


def test_members_belong_to_folds_in_turn():
    plan = plan_of(members=6, folds=3)
    assert [plan.fold(member) for member in range(6)] == [0, 1, 2, 0, 1, 2]
    np.testing.assert_array_equal(plan.fit_rows(4), plan.prepared.rows.fit[1])


def test_a_short_fold_is_filled_with_its_own_first_rows():
    plan = plan_of(members=3, folds=3, example_rows=104)
    lengths = [len(rows) for rows in plan.prepared.rows.fit]
    assert len(set(lengths)) == 2
    short = int(np.argmin(lengths))
    order, real = plan.order(short, 0)
    assert len(order) == max(lengths)
    assert real == min(lengths)
    np.testing.assert_array_equal(order[real:], order[: len(order) - real])
    assert set(order) == set(plan.fit_rows(short))
