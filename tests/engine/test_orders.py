"""The order of each epoch's rows: sorted by few passes, and made ahead where a thread is left over."""

from __future__ import annotations

import numpy as np
import pytest

from glassnet import chance
from glassnet.engine.fused import FusedEngine
from glassnet.settings import Architecture, Training

native = pytest.importorskip("glassnet.engine._fused", reason="built without a C++ compiler")


# Below and above each number from which more passes, or more bits, are sorted by. Of the four million numbers
# six pairs are equal in all bits that their places leave, and three of them lie the other way round.
@pytest.mark.parametrize("count", [1, 2, 63, 64, 1024, 1025, 32_768, 32_769, 2_097_152, 4_194_305])
def test_orders_of_every_length_are_those_of_chance(count):
    expected = chance.order(5, chance.Purpose.ORDER, count, member=3, epoch=12)
    assert np.array_equal(native.random_order(5, 3, 12, count), expected)


def engine(make_plan, threads, rows=150):
    return FusedEngine(
        make_plan(
            rows=rows,
            architecture=Architecture(hidden=(8,), members=1),
            training=Training(batch_size=20, training_loss="batches", epochs=40),
            threads=threads,
        )
    )


@pytest.mark.parametrize("steps", [[300], [1, 7, 40, 8, 240], [2] * 40])
def test_orders_made_ahead_change_no_byte(make_plan, steps):
    alone, beside = engine(make_plan, threads=1), engine(make_plan, threads=2)
    first = 0
    for count in steps:
        ours, theirs = beside.advance(first, count), alone.advance(first, count)
        assert ours.loss_SK.tobytes() == theirs.loss_SK.tobytes()
        first += count


def test_a_run_that_is_begun_again_sees_its_first_orders(make_plan):
    alone, beside = engine(make_plan, threads=1), engine(make_plan, threads=2)
    for first, count in [(0, 200), (0, 50), (250, 30), (16, 5)]:  # of 8 steps an epoch
        ours, theirs = beside.advance(first, count), alone.advance(first, count)
        assert ours.loss_SK.tobytes() == theirs.loss_SK.tobytes()


def test_an_engine_that_takes_no_step_ends_its_thread(make_plan):
    for _ in range(20):
        engine(make_plan, threads=2)
