"""The fused engine against eager: principle 3's measures, gradients, threads and instruction sets.

Tolerances: 1e-9 and 1e-5 are principle 3's own; stricter bounds are ten times what was measured.
"""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings

from glassnet import chance
from glassnet.engine import fused
from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import GRADIENTS, MOMENTS, SQUARES, FusedEngine, refuses
from glassnet.schedule import SCHEDULES, rate_factor
from glassnet.settings import PARTS, Architecture, Training

native = pytest.importorskip("glassnet.engine._fused", reason="built without a C++ compiler")


def has_set(name):
    try:
        native.apply32(name, 0, np.zeros(1, np.float32))
    except ValueError:
        return False
    return True


SETS = [one for one in ("baseline", "avx2", "avx512") if has_set(one)]
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


FACTORS = st.just(()) | st.dictionaries(
    st.sampled_from(list(PARTS)), st.sampled_from([0.0, 0.3, 1, 4.0])
).map(lambda factors: tuple(factors.items()))


@st.composite
def plans(draw, precision="float64", losses=fused.LOSSES):
    """Arguments of a plan with everything that the engine knows, in every shape."""
    loss = draw(st.sampled_from(losses))
    outputs = draw(st.integers(2, 20) if loss == "cross_entropy" else st.integers(1, 20))
    optimizer = draw(st.sampled_from(fused.OPTIMIZERS))
    hidden = tuple(draw(st.lists(st.integers(1, 150), max_size=3)))
    return {
        "rows": draw(st.integers(2, 400)),
        "dense": draw(st.integers(1, 40)),
        "slots": draw(st.lists(st.integers(1, 12), max_size=2)),
        "bins": draw(st.lists(st.sampled_from([0, 2, 3, 5, 17, 40]), max_size=12)),
        "embedding": draw(st.integers(1, 9)),
        "outputs": outputs,
        "folds": draw(st.sampled_from([1, 1, 2])),
        "weighted": draw(st.booleans()),
        "architecture": Architecture(
            hidden=hidden,
            activation=draw(st.sampled_from(["relu", "silu", "tanh", "sigmoid"])),
            dropout=draw(st.sampled_from([0.0, 0.3])),
            output="sigmoid" if loss == "squared" and draw(st.booleans()) else "linear",
            members=draw(st.integers(1, 3)),
            input_scaling=draw(st.sampled_from(["none", "learned"])) if hidden else "none",
        ),
        "training": Training(
            loss=loss,
            label_smoothing=draw(st.sampled_from([0.0, 0.1])),
            quantile=draw(st.sampled_from([0.5, 0.9])),
            optimizer=optimizer,
            learning_rate=0.01,
            rate_factors=draw(FACTORS),
            decay_factors=draw(FACTORS),
            momentum=draw(st.sampled_from([0.0, 0.9])),
            second_moment=draw(st.sampled_from([0.999, 0.95])),
            average=draw(st.sampled_from([0.0, 0.0, 0.9, 0.99])),
            weight_decay=draw(st.sampled_from([0.0, 0.1])),
            clip=draw(st.sampled_from([0.0, 0.1])),
            schedule=draw(st.sampled_from(fused.SCHEDULES)),
            warmup=draw(st.sampled_from([0.0, 0.3])),
            epochs=200,
            batch_size=draw(st.sampled_from([0, 1, 7, 64, 300])),
            precision=precision,
            training_loss=draw(st.sampled_from(["rows", "batches"])),
            seed=draw(st.integers(0, 2**63 - 1)),
        ),
        "seed": draw(st.integers(0, 1000)),
    }


def largest_difference(a, b):
    """Return the largest difference of two sets of weights, in units of the layer's largest value."""
    return max(float((a[n] - b[n]).abs().max() / a[n].abs().max().clamp(min=1e-30)) for n in a)


# ---- the same random numbers ----


@given(count=st.integers(1, 3000), seed=st.integers(0, 2**63 - 1), epoch=st.integers(0, 2**40))
@settings(max_examples=30, deadline=None)
def test_orders_are_those_of_chance(count, seed, epoch):
    expected = chance.order(seed, chance.Purpose.ORDER, count, member=3, epoch=epoch)
    assert native.random_order(seed, 3, epoch, count) == expected.tolist()


@given(start=st.integers(0, 200), count=st.integers(1, 500), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=30, deadline=None)
def test_lanes_are_those_of_chance(start, count, seed):
    expected = chance.lanes16(seed, chance.Purpose.DROPOUT, start + count, member=1, epoch=2, step=3)
    assert native.lanes16(seed, 1, 2, 3, start, count) == expected[start:].tolist()


@pytest.mark.parametrize("name", sorted(SCHEDULES))
@pytest.mark.parametrize("warmup", [0.0, 0.25])
def test_schedules_are_those_of_schedule(name, warmup):
    setup = native.Setup()
    setup.schedule, setup.warmup, setup.steps = fused.SCHEDULES.index(name), warmup, 97
    ours = [native.rate_factor(setup, step) for step in range(97)]
    np.testing.assert_allclose(ours, [rate_factor(name, warmup, step, 97) for step in range(97)], rtol=1e-15)


# ---- principle 3 ----


@given(arguments=plans())
@FEW
def test_float64_weights_agree_after_200_steps(arguments, make_plan):
    plan = make_plan(**arguments)
    steps = min(200, plan.steps)
    eager, engine = EagerEngine(plan), FusedEngine(plan)
    theirs, ours = eager.advance(0, steps), engine.advance(0, steps)
    difference = largest_difference(eager.weights(), engine.weights())
    if difference > 1e-9:  # a run that multiplies its own rounding has no digits to compare
        assert difference < 100 * own_spread(plan, steps, eager.weights())
        return
    np.testing.assert_allclose(ours.loss_SK, theirs.loss_SK, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours.epoch_loss_EK, theirs.epoch_loss_EK, rtol=1e-7, atol=1e-12)


def own_spread(plan, steps, weights):
    """Return how far eager itself ends from `weights` when it starts from weights one rounding away."""
    eager = EagerEngine(plan)
    with torch.no_grad():
        for parameter in eager.parameters:
            parameter *= 1.0 + 2.0**-52
    eager.advance(0, steps)
    return largest_difference(weights, eager.weights())


def agrees_step_by_step(plan, steps):
    """Return the largest difference that a single step from eager's own state makes, over some steps."""
    eager, engine = EagerEngine(plan), FusedEngine(plan)
    corners = watch_corners(eager)
    worst = 0.0
    for number in range(steps):
        corners.clear()
        engine.load({n: p.detach() for n, p in eager.network.named_parameters()})
        load_optimizer(eager, engine, number)
        eager.advance(number, 1)
        engine.advance(number, 1)
        if min(corners, default=1.0) < 1e-6:
            continue
        ours, theirs = engine.weights(), eager.weights()
        for name, parameter in eager.network.named_parameters():
            settled = is_settled(eager.optimizer.state[parameter])
            difference = (ours[name] - theirs[name]).abs() * settled
            worst = max(worst, float(difference.max() / theirs[name].abs().max()))
    return worst


def watch_corners(eager):
    """Return a list that each step of eager fills with its distances from a corner.

    Within one rounding of ReLU's 0 either side's derivative is right, and with 100,000 sums a step some are.
    """
    corners = []

    def look(_, __, sums):
        corners.append(float(sums.detach().abs().min()))

    if eager.plan.architecture.activation == "relu":
        for layer in eager.network.hidden:
            layer.register_forward_hook(look)
    return corners


def is_settled(state):
    """Return where a step is more than rounding.

    Adam divides a gradient by its own size: where that is nothing but rounding, so is the step's sign.
    """
    if "exp_avg_sq" not in state:
        return 1.0
    return state["exp_avg_sq"] >= 1e-6 * state["exp_avg_sq"].max()


def load_optimizer(eager, engine, number):
    """Give the fused engine the state of eager's optimiser."""
    engine.trainer.set_steps(number)
    state = eager.optimizer.state
    for what, key in ((MOMENTS, "momentum_buffer"), (MOMENTS, "exp_avg"), (SQUARES, "exp_avg_sq")):
        found = {
            n: state[p][key] for n, p in eager.network.named_parameters() if state[p].get(key) is not None
        }
        if found:
            engine.load(found, what)


SMOOTH = [one for one in fused.LOSSES if one not in ("absolute", "quantile")]


@given(arguments=plans(precision="float32", losses=SMOOTH))
@example(
    arguments={  # a hidden layer of one unit that is dead for many rows
        "rows": 159,
        "dense": 39,
        "slots": [1],
        "embedding": 8,
        "outputs": 2,
        "weighted": True,
        "architecture": Architecture(hidden=(87, 1)),
        "training": Training(loss="binary_cross_entropy", optimizer="adam", learning_rate=0.01, batch_size=0),
    }
)
@FEW
def test_float32_single_steps_agree(arguments, make_plan):
    arguments["training"] = replace(arguments["training"], average=0.0)  # the newest weights are compared
    # Whose factors no weights tell of: test_scaling.py has them.
    arguments["architecture"] = replace(arguments["architecture"], input_scaling="none")
    assert agrees_step_by_step(make_plan(**arguments), 4) < 1e-5


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_scaled_step_is_caught(make_plan, optimizer):
    training = Training(precision="float64", optimizer=optimizer, batch_size=32)
    plan = make_plan(training=training)
    scaled = replace(plan, training=replace(training, learning_rate=training.learning_rate * 1.001))
    eager, engine = EagerEngine(plan), FusedEngine(scaled)
    eager.advance(0, 200)
    engine.advance(0, 200)
    assert largest_difference(eager.weights(), engine.weights()) > 1e-5


def test_float32_ends_within_eagers_own_spread(make_plan):
    training = Training(
        loss="binary_cross_entropy", learning_rate=3e-3, batch_size=64, training_loss="rows", epochs=7
    )
    plan = make_plan(rows=2000, dense=20, architecture=Architecture(hidden=(64, 64)), training=training)
    losses = []
    # Eager's spread: its thread counts, and a start that differs by one rounding of one weight.
    for threads, nudge in ((1, 0.0), (2, 0.0), (1, 1e-7), (1, -1e-7)):
        torch.set_num_threads(threads)
        eager = EagerEngine(plan)
        with torch.no_grad():
            eager.parameters[0][0, 0, 0] *= 1.0 + nudge
        losses.append(eager.advance(0, plan.steps).epoch_loss_EK[-1, 0])
    torch.set_num_threads(1)
    ours = FusedEngine(plan).advance(0, plan.steps).epoch_loss_EK[-1, 0]
    middle, spread = np.mean(losses), max(np.ptp(losses), 1e-6)
    assert abs(ours - middle) < 3 * spread


# ---- gradients, against autograd itself ----


@given(arguments=plans())
@FEW
def test_gradients_are_autograds(arguments, make_plan):
    arguments["training"] = replace(arguments["training"], clip=0.0)
    arguments["architecture"] = replace(arguments["architecture"], input_scaling="none")
    plan = make_plan(**arguments)
    eager, engine = EagerEngine(plan), FusedEngine(plan)
    eager._backward(0, 0, 0)
    engine.advance(0, 1)
    ours = engine.tensors(GRADIENTS)
    for name, parameter in eager.network.named_parameters():
        torch.testing.assert_close(ours[name], parameter.grad, rtol=1e-9, atol=1e-12)


# ---- every instruction set, every number of threads ----


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("activation", ["relu", "silu", "tanh", "sigmoid"])
def test_every_instruction_set_agrees(make_plan, name, activation):
    training = Training(precision="float64", loss="cross_entropy", optimizer="adam", batch_size=50)
    architecture = Architecture(hidden=(70, 33), activation=activation, dropout=0.2, members=2)
    plan = make_plan(
        rows=300, outputs=5, slots=(4,), bins=(6, 30), architecture=architecture, training=training
    )
    eager, engine = EagerEngine(plan), FusedEngine(plan, name)
    assert engine.trainer.set_name() == name
    eager.advance(0, 30)
    engine.advance(0, 30)
    assert largest_difference(eager.weights(), engine.weights()) < 1e-11


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize(("slots", "bins"), [((), ()), ((6,), ()), ((), (9, 17, 0, 32)), ((6,), (9, 17))])
@pytest.mark.parametrize("batch_size", [256, 0])
def test_bytes_are_the_same_for_any_number_of_threads(make_plan, members, slots, bins, batch_size):
    training = Training(optimizer="adamw", clip=0.5, batch_size=batch_size, training_loss="rows", epochs=8)
    architecture = Architecture(hidden=(130, 100), dropout=0.1, members=members)
    results = []
    for threads in (1, 2, 3, 5):
        plan = make_plan(
            rows=2500,
            dense=30,
            slots=slots,
            bins=bins,
            architecture=architecture,
            training=training,
            threads=threads,
        )
        engine = FusedEngine(plan)
        taken = engine.advance(0, min(12, plan.steps))
        results.append(
            b"".join(t.numpy().tobytes() for t in engine.weights().values())
            + taken.loss_SK.tobytes()
            + taken.epoch_loss_EK.tobytes()
        )
    assert len(set(results)) == 1


def test_steps_may_be_asked_for_in_any_portions(make_plan):
    plan = make_plan(training=Training(batch_size=32, epochs=5, training_loss="rows"))
    once, often = FusedEngine(plan), FusedEngine(plan)
    whole = once.advance(0, plan.steps)
    parts = [often.advance(first, 1) for first in range(plan.steps)]
    assert np.array_equal(np.concatenate([p.loss_SK for p in parts]), whole.loss_SK)
    assert np.array_equal(np.concatenate([p.epoch_loss_EK for p in parts]), whole.epoch_loss_EK)


# ---- what is asked of an engine besides ----


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "silu"])
@pytest.mark.parametrize("output", ["linear", "sigmoid"])
def test_records_are_eagers(make_plan, activation, output):
    plan = make_plan(
        rows=300,
        slots=(5,),
        bins=(3, 8, 0, 20),
        folds=2,
        records=True,
        architecture=Architecture(
            hidden=(20, 9), activation=activation, output=output, members=3, dropout=0.2
        ),
        training=Training(precision="float64", batch_size=140, clip=0.1, learning_rate=0.05, epochs=20),
    )
    theirs = EagerEngine(plan).advance(0, plan.steps_per_epoch).records
    ours = FusedEngine(plan).advance(0, plan.steps_per_epoch).records
    assert [(r.epoch, r.step) for r in ours] == [(r.epoch, r.step) for r in theirs]
    assert len(ours) == plan.steps_per_epoch
    for one, other in zip(ours, theirs, strict=True):
        assert one.quantities.keys() == other.quantities.keys()
        for name, value_KL in other.quantities.items():
            np.testing.assert_allclose(one.quantities[name], value_KL, rtol=1e-6, err_msg=name)


def test_outputs_are_eagers(make_plan):
    plan = make_plan(
        rows=500,
        outputs=3,
        folds=2,
        bins=(0, 2, 12, 32),
        weighted=True,
        architecture=Architecture(hidden=(20,), output="sigmoid", members=4),
        training=Training(precision="float64"),
    )
    eager, engine = EagerEngine(plan), FusedEngine(plan)
    rows = np.random.default_rng(0).integers(0, 500, 333)
    for fold in (0, 1):
        np.testing.assert_allclose(engine.outputs(rows, fold), eager.outputs(rows, fold), rtol=1e-12)


def test_a_number_that_is_not_finite_is_found_at_its_step(make_plan):
    plan = make_plan(training=Training(optimizer="sgd", learning_rate=1e30, batch_size=50), records=True)
    engine = FusedEngine(plan)
    taken = engine.advance(0, 10)
    first = int(np.flatnonzero(~np.isfinite(taken.loss_SK[:, 0]))[0])
    assert engine.trainer.not_finite_at(0) in (first - 1, first)
    bad = [bool((record.quantities["non_finite"] > 0).any()) for record in taken.records]
    assert bad[first]
    assert not bad[0]


@pytest.mark.parametrize(
    ("architecture", "training", "reason"),
    [
        (
            Architecture(hidden=(4,), activation="mish"),
            Training(),
            "no compiled activation 'mish', only linear",
        ),
        (Architecture(hidden=(4,), normalization="layer"), Training(), "no compiled layer normalisation"),
        (Architecture(hidden=(4,)), Training(optimizer=torch.optim.RAdam), "of your own optimiser"),
    ],
)
def test_what_it_cannot_run_it_refuses_in_words(make_plan, architecture, training, reason):
    assert reason in refuses(make_plan(architecture=architecture, training=training))


def test_it_runs_the_plain_plan(make_plan):
    assert refuses(make_plan()) == ""


# ---- the vector functions ----

FUNCTIONS = {
    "exp": (0, np.exp, np.linspace(-87, 88, 20001)),
    "log1p": (1, np.log1p, np.concatenate([np.linspace(0, 1, 5001), 10.0 ** np.linspace(-30, 0, 501)])),
    "tanh": (2, np.tanh, np.concatenate([np.linspace(-12, 12, 20001), 10.0 ** np.linspace(-30, 0, 501)])),
    "sigmoid": (3, lambda x: 1 / (1 + np.exp(-x)), np.linspace(-80, 80, 20001)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("instruction_set", SETS)
def test_functions_keep_their_stated_error(name, instruction_set):
    which, exact, x = FUNCTIONS[name]
    for number, apply, bound in ((np.float32, native.apply32, 3e-7), (np.float64, native.apply64, 1e-15)):
        given_values = x.astype(number)
        true = exact(given_values.astype(np.longdouble))
        ours = given_values.copy()
        apply(instruction_set, which, ours)
        assert np.max(np.abs(ours - true) / np.maximum(np.abs(true), np.finfo(number).tiny)) < bound


@pytest.mark.parametrize("instruction_set", SETS)
def test_functions_at_the_ends(instruction_set):
    inf = np.inf
    for number, apply in ((np.float32, native.apply32), (np.float64, native.apply64)):
        for which, x, expected in (
            (0, [-inf, inf, np.nan, 1000, -1000], [0, inf, np.nan, inf, 0]),
            (1, [0, 1, np.nan], [0, np.log(2), np.nan]),
            (2, [-inf, inf, np.nan, 0], [-1, 1, np.nan, 0]),
            (3, [-inf, inf, np.nan, 0], [0, 1, np.nan, 0.5]),
        ):
            values = np.array(x, dtype=number)
            apply(instruction_set, which, values)
            np.testing.assert_allclose(values, expected, rtol=1e-6)
