"""Teams: effective weights are the shared ones, scaled, and training them is training the shared network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from glassnet.engine.eager import EagerEngine
from glassnet.engine.fused import FusedEngine
from glassnet.network.mlp import InputShape
from glassnet.network.team import Team, input_groups, load_effective, renewed
from glassnet.pipeline import Sources, draft_run
from glassnet.schedule import rate_factor
from glassnet.settings import Settings

BASE = Settings(
    target=("score",),
    drop=("more", "rich", "level", "left", "right"),
    hidden=(7, 5),
    dropout=0.0,
    one_hot=6,
    embedding=3,
    rare=5,  # every level of the table has its own slot
    epochs=3,
    batch_size=16,
    bins=4,
    precision="float64",
    threads=1,
    members=4,
    clip=0.5,
    second_moment=0.999,
    average=0.0,
)


def plan_of(table, settings=BASE):
    plan = draft_run(Sources(table=table), settings).plan
    return replace(plan, architecture=replace(plan.architecture, sharing="layers"))


def team_of(plan):
    return Team(plan.network, plan.prepared.rows.folds, plan.inputs, plan.training.seed)


def test_inputs_of_a_column_share_its_group(mixed):
    plan = plan_of(mixed(120, 4))
    groups = input_groups(plan.inputs)
    width = plan.inputs.dense + len(plan.inputs.embedded) * plan.inputs.embedding
    assert len(groups) == width
    assert len(set(groups)) < width  # bins of a number are one column
    names = plan.prepared.preparation.dense_names
    for name, group in zip(names, groups, strict=False):
        column = name.split(", bin")[0]
        if column in names:
            assert groups[names.index(column)] == group
    # an embedding's numbers are scaled together, and by no dense column's scale
    assert not set(groups[plan.inputs.dense :]) & set(groups[: plan.inputs.dense])


def test_without_groups_every_input_is_a_column():
    assert input_groups(InputShape(dense=3, embedded=(4,), embedding=2)) == (0, 1, 2, 3, 3)


@pytest.mark.parametrize("folds", [0, 2])
def test_members_of_a_team_share_all_but_scales_and_the_last_layer(mixed, folds):
    plan = plan_of(mixed(120, 4), replace(BASE, folds=folds, members=4))
    team, teams = team_of(plan), max(folds, 1)
    weights = team.effective()
    for first in range(teams):
        for member in range(first, 4, teams):
            for name in ("hidden.0.bias", "hidden.1.weight", "embedding.weight"):
                torch.testing.assert_close(weights[name][member], weights[name][first], rtol=0, atol=0)
            ratio = weights["hidden.0.weight"][member] / weights["hidden.0.weight"][first]
            scale = team.scale_KG[:, team.group_I]
            torch.testing.assert_close(ratio, (scale[member] / scale[first]).expand_as(ratio))
    assert not torch.equal(weights["last.weight"][0], weights["last.weight"][teams])


def test_effective_weights_give_the_outputs_of_scaled_inputs(mixed):
    plan = plan_of(mixed(120, 4))
    team = team_of(plan)
    engine = EagerEngine(plan)
    places = torch.arange(10)
    dense_BD, slots_BE = engine.dense[places], engine.slots[places]
    load_effective(engine.network, team.effective())
    given_KBT = engine.network(dense_BD.expand(4, -1, -1), slots_BE.expand(4, -1, -1))
    names = dict(zip(team.names, team.tensors, strict=True))
    starts = np.concatenate([[0], np.cumsum(plan.inputs.embedded)[:-1]])
    vectors = names["embedding.weight"][0][slots_BE + torch.from_numpy(starts)].flatten(1)
    for member in range(4):
        x = torch.cat([dense_BD, vectors], dim=1) * team.scale_KG[member, team.group_I]
        for layer in range(2):
            x = torch.relu(x @ names[f"hidden.{layer}.weight"][0].T + names[f"hidden.{layer}.bias"][0])
        x = x @ names["last.weight"][member].T + names["last.bias"][member]
        torch.testing.assert_close(given_KBT[member], x)


def test_a_step_is_that_of_the_shared_network_on_the_mean_of_its_members_losses(mixed):
    plan = plan_of(mixed(120, 4))
    engine, team = EagerEngine(plan), team_of(plan)
    dense_KBD, slot_KBE, target_KBT, _ = engine._batch(0, 0)
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [p for p in team.parameters() if p.ndim == 3],
                "weight_decay": plan.training.weight_decay,
            },
            {"params": [p for p in team.parameters() if p.ndim == 2], "weight_decay": 0.0},
        ],
        lr=plan.training.learning_rate,
    )
    # the schedule's warm-up makes the first steps short
    for group in optimizer.param_groups:
        group["lr"] = plan.training.learning_rate * rate_factor(
            plan.training.schedule, plan.training.warmup, 0, plan.steps
        )
    output = torch.func.functional_call(engine.network, team.effective(), (dense_KBD, slot_KBE))
    loss = (output - target_KBT).square().mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(team.parameters(), 0.5)
    optimizer.step()
    advance = engine.advance(0, 1)
    np.testing.assert_allclose(advance.loss_SK[0].mean(), loss.item(), rtol=1e-6)
    for name, tensor in engine.weights().items():
        torch.testing.assert_close(tensor, team.effective()[name].detach(), rtol=1e-9, atol=1e-12)


def test_records_tell_of_members(mixed):
    plan = plan_of(mixed(120, 4))
    record = EagerEngine(plan).advance(0, 1).records[0]
    assert record.quantities["gradient"].shape == (4, 4)  # embedding, two hidden layers, last
    assert (record.quantities["gradient"] > 0).all()
    assert (record.quantities["update"] > 0).all()
    assert (record.quantities["clipped"] <= record.quantities["gradient"]).all()


def made_by(plan, steps, make=EagerEngine):
    engine = make(plan)
    engine.advance(0, steps)
    return engine


@pytest.mark.parametrize("make", [EagerEngine, FusedEngine])
@pytest.mark.parametrize("folds", [0, 2])
@pytest.mark.parametrize("average", [0.0, 0.9])
@pytest.mark.parametrize("bins", [0, 12])  # from 8 on compiled code looks them up
def test_the_first_layers_are_products_of_what_is_handed_out(mixed, make, folds, average, bins):
    settings = replace(BASE, folds=folds, average=average, bins=bins, precision="float32")
    plan = plan_of(mixed(120, 4), settings)
    engine = made_by(plan, 5, make)
    weights, team = engine.weights(), engine.team_weights()
    assert team.first_FOI.shape[0] == max(folds, 1)
    assert team.effective().tobytes() == weights["hidden.0.weight"].numpy().tobytes()
    alone = replace(plan, architecture=replace(plan.architecture, sharing="none", input_scaling="none"))
    assert make(alone).team_weights() is None


@pytest.mark.parametrize("make", [EagerEngine, FusedEngine])
@pytest.mark.parametrize("folds", [0, 2])
def test_a_team_begins_where_another_ended(mixed, make, folds):
    plan = plan_of(mixed(120, 4), replace(BASE, folds=folds))
    engine = made_by(plan, 5)
    load_effective(engine.network, engine.weights())
    again = make(replace(plan, network=engine.network, team=engine.team_weights()))
    for name, tensor in engine.weights().items():
        np.testing.assert_allclose(again.weights()[name].numpy(), tensor.numpy(), rtol=1e-15, err_msg=name)
    fresh = make(
        replace(plan, network=engine.network)
    )  # without: scales at random over weights that have theirs
    assert not np.allclose(fresh.weights()["hidden.0.weight"], again.weights()["hidden.0.weight"])
    eager = EagerEngine(replace(plan, network=engine.network, team=engine.team_weights()))
    np.testing.assert_allclose(again.advance(0, 3).loss_SK, eager.advance(0, 3).loss_SK, rtol=1e-6)


def test_members_kept_at_another_epoch_take_their_teams_along(mixed):
    plan = plan_of(mixed(120, 4), replace(BASE, folds=2))
    engine = made_by(plan, 2)
    before = engine.team_weights()
    engine.advance(2, 2)
    now = engine.team_weights()
    assert renewed(None, now, [1, 3]) is now
    assert renewed(before, now, range(4)) is now
    kept = renewed(before, now, [1, 3])  # the second team
    for member, whole in enumerate((before, now, before, now)):
        assert kept.effective()[member].tobytes() == whole.effective()[member].tobytes()
    assert before.first_FOI.tobytes() != now.first_FOI.tobytes()
