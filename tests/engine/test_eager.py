"""The reference engine: members side by side are the same networks as each by itself.

A member's stream of random numbers depends on its number, so a single run of member k is made by hand: a plan
of one member that asks for member k's rows and masks and starts from its weights.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl
import pytest
import torch

from glassnet.engine.eager import EagerEngine, clip_members
from glassnet.engine.plan import Plan
from glassnet.network.build import build_network
from glassnet.pipeline import Sources, draft_run
from glassnet.settings import Settings
from glassnet.train import train

BASE = Settings(
    target=("score",),
    drop=("more", "rich", "level", "left", "right"),
    hidden=(7, 5),
    dropout=0.2,
    one_hot=6,
    embedding=3,
    epochs=4,
    batch_size=16,
    precision="float64",
    threads=1,
    members=3,
    sharing="none",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOf(Plan):
    """The plan of one member of many, as a run of its own."""

    number: int

    def order(self, member, epoch):
        return Plan.order(self, self.number, epoch)

    def keep_masks(self, member, epoch, step, rows):
        return Plan.keep_masks(self, self.number, epoch, step, rows)

    def fold(self, member):
        return self.number % self.prepared.rows.folds


def plan_of(table: pl.DataFrame, settings: Settings) -> Plan:
    return draft_run(Sources(table=table), settings).plan


def alone(plan: Plan, number: int) -> OneOf:
    """Return the plan that trains one member of `plan` by itself."""
    architecture = replace(plan.architecture, members=1)
    precision = plan.training.precision
    network = build_network(architecture, plan.inputs, plan.outputs, seed=0, precision=precision)
    state = {name: tensor[[number]] for name, tensor in plan.network.state_dict().items()}
    network.load_state_dict(state)
    known = {field.name: getattr(plan, field.name) for field in fields(plan)}
    return OneOf(**(known | {"architecture": architecture, "network": network, "number": number}))


CASES = {
    "adamw, clipped, cosine": {"clip": 0.5, "optimizer": "adamw", "weight_decay": 0.1},
    "sgd with momentum": {"optimizer": "sgd", "momentum": 0.9, "clip": 0.0, "schedule": "one_cycle"},
    "adam, layer norm": {"optimizer": "adam", "normalization": "layer", "clip": 0.05, "schedule": "step"},
    "all rows": {"batch_size": 0, "dropout": 0.0, "activation": "silu"},
    "classes": {"target": ("level",), "drop": ("more", "rich", "score", "left", "right")},
    "weights": {"weight": "income", "label_smoothing": 0.0},
}


@pytest.mark.parametrize("changes", CASES.values(), ids=CASES.keys())
def test_members_are_their_single_runs(mixed, changes):
    plan = plan_of(mixed(120, 1), replace(BASE, **changes))
    together = EagerEngine(plan)
    steps = plan.steps
    losses = together.advance(0, steps).loss_SK
    found = together.weights()
    for number in range(3):
        single = EagerEngine(alone(plan, number))
        # History holds float32 losses; the weights are compared at the design's bound.
        np.testing.assert_allclose(single.advance(0, steps).loss_SK[:, 0], losses[:, number], rtol=1e-6)
        for name, tensor in single.weights().items():
            scale = float(tensor.abs().max())
            torch.testing.assert_close(found[name][number], tensor[0], rtol=1e-9, atol=1e-9 * scale, msg=name)


def test_members_differ(mixed):
    plan = plan_of(mixed(120, 1), BASE)
    for name, tensor in plan.network.state_dict().items():
        assert not torch.equal(tensor[0], tensor[1]), name
    assert not np.array_equal(plan.order(0, 0)[0], plan.order(1, 0)[0])


def test_members_of_folds_are_their_single_runs(mixed):
    # 120 rows, 24 for the test, 96 in 3 folds of 32: all folds are equally long, so none is padded.
    plan = plan_of(mixed(120, 2), replace(BASE, folds=3))
    assert {len(rows) for rows in plan.prepared.rows.fit} == {64}
    engine = EagerEngine(plan)
    engine.advance(0, plan.steps)
    for number in range(3):
        prepared = plan.prepared
        single = alone(plan, number)
        assert single.fold(0) == number
        one = EagerEngine(single)
        # The order holds rows of one fold; only `outputs` still asks for it by its number.
        one.advance(0, plan.steps)
        for name, tensor in one.weights().items():
            scale = float(tensor.abs().max())
            torch.testing.assert_close(
                engine.weights()[name][number], tensor[0], rtol=1e-9, atol=1e-9 * scale
            )
        held = prepared.rows.validation[number]
        np.testing.assert_allclose(
            engine.outputs(held, number)[0], one.outputs(held, number)[0], rtol=0, atol=1e-8
        )


def test_a_short_folds_extra_rows_count_nothing(mixed):
    # 100 rows, 20 for the test, 80 in 3 folds: 53, 53 and 54 rows; one batch of all rows each.
    settings = replace(BASE, folds=3, batch_size=0, dropout=0.0, clip=0.0, optimizer="sgd")
    plan = plan_of(mixed(100, 3), settings)
    lengths = [len(rows) for rows in plan.prepared.rows.fit]
    assert len(set(lengths)) == 2
    short = int(np.argmin(lengths))
    order, real = plan.order(short, 0)
    assert len(order) == max(lengths) == real + 1
    engine = EagerEngine(plan)
    losses = engine.advance(0, 1).loss_SK[0]
    fresh = EagerEngine(plan)
    rows = plan.fit_rows(short)
    target = plan.target_FRT[short][rows]
    error = fresh.outputs(rows, short)[0] - target
    assert losses[short] == pytest.approx(float((error**2).mean()), rel=1e-6)


def test_clipping_is_by_member():
    generator = torch.Generator().manual_seed(3)
    parameters = [
        torch.zeros(3, 4, 2, requires_grad=True),
        torch.zeros(3, 4, requires_grad=True),
    ]
    sizes = torch.tensor([10.0, 0.1, 1.0])
    for p in parameters:
        drawn = torch.randn(p.shape, generator=generator)
        p.grad = drawn * sizes.view(-1, *[1] * (p.ndim - 1))
    before = [p.grad.clone() for p in parameters]
    factors = clip_members(parameters, 2.0, 3)
    for member in range(3):
        whole = torch.cat([g[member].flatten() for g in before])
        torch.testing.assert_close(factors[member], (2.0 / whole.norm()).clamp(max=1.0))
        # torch's own clipping of this member alone
        own = [torch.zeros_like(g[member], requires_grad=True) for g in before]
        for p, g in zip(own, before, strict=True):
            p.grad = g[member].clone()
        torch.nn.utils.clip_grad_norm_(own, 2.0)
        for p, reference in zip(parameters, own, strict=True):
            torch.testing.assert_close(p.grad[member], reference.grad)
    torch.testing.assert_close(parameters[0].grad[1], before[0][1], rtol=0, atol=0)  # short: untouched


@pytest.mark.parametrize("members", [1, 2])
def test_clipping_bounds_the_norm(members):
    parameters = [torch.zeros(members, 5, 5, requires_grad=True)]
    parameters[0].grad = torch.full((members, 5, 5), 7.0)
    clip_members(parameters, 0.5, members)
    norms = parameters[0].grad.flatten(1).norm(dim=1)
    torch.testing.assert_close(norms, torch.full((members,), 0.5), rtol=1e-5, atol=0.0)


@pytest.mark.parametrize("cut", [1, 3, 5, 11])
def test_steps_may_be_cut_anywhere(mixed, cut):
    plan = plan_of(mixed(120, 4), BASE)
    whole, parts = EagerEngine(plan), EagerEngine(plan)
    losses = whole.advance(0, plan.steps).loss_SK
    found = []
    for first in range(0, plan.steps, cut):
        found.append(parts.advance(first, min(cut, plan.steps - first)).loss_SK)
        parts.outputs(plan.prepared.rows.validation[0], 0)  # looking changes nothing
    np.testing.assert_array_equal(np.concatenate(found), losses)
    for name, tensor in whole.weights().items():
        assert torch.equal(parts.weights()[name], tensor)


def test_no_steps_are_no_losses(mixed):
    plan = plan_of(mixed(60, 4), BASE)
    advance = EagerEngine(plan).advance(0, 0)
    assert advance.loss_SK.shape == (0, 3)
    assert advance.epoch_loss_EK.shape == (0, 3)


def test_an_engine_leaves_its_plan_alone(mixed):
    plan = plan_of(mixed(60, 4), BASE)
    before = {name: tensor.clone() for name, tensor in plan.network.state_dict().items()}
    first = train(plan, EagerEngine(plan))
    assert all(torch.equal(before[name], tensor) for name, tensor in plan.network.state_dict().items())
    again = train(plan, EagerEngine(plan))
    for name, tensor in first.network.state_dict().items():
        assert torch.equal(tensor, again.network.state_dict()[name])


def test_loss_of_all_rows_after_each_epoch(mixed):
    plan = plan_of(mixed(80, 5), replace(BASE, recipe="neuron", precision="float64", epochs=3, hidden="auto"))
    assert plan.training.training_loss == "rows"
    engine = EagerEngine(plan)
    advance = engine.advance(0, plan.steps_per_epoch)
    rows = plan.prepared.rows.fit[0]
    error = engine.outputs(rows, 0) - plan.target_FRT[0][rows]
    np.testing.assert_allclose(advance.epoch_loss_EK[0], (error**2).mean(axis=(1, 2)), rtol=1e-12)


def test_weighted_loss_is_the_repeated_rows(mixed):
    table = mixed(40, 6).with_columns(n=pl.Series(np.arange(40) % 3 + 1).cast(pl.Float64))
    repeated = table.select(pl.all().repeat_by("n")).explode(pl.all())
    settings = replace(
        BASE,
        members=1,
        batch_size=0,
        dropout=0.0,
        validation_share=0.0,
        test_share=0.0,
        numbers="none",
        columns=("age", "member"),
        drop=(),
        weight="n",
    )
    weighted = plan_of(table, settings)
    plain = plan_of(repeated, replace(settings, weight=""))
    losses = EagerEngine(weighted).advance(0, 4).loss_SK
    np.testing.assert_allclose(losses, EagerEngine(plain).advance(0, 4).loss_SK, rtol=1e-6)
