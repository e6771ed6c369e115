"""What members share is in a model file once, and comes back to the last bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glassnet.errors import ModelFileError
from glassnet.network.team import TeamWeights
from glassnet.store.weights import once, whole

SCALED = "hidden.0.weight"


def team_of(members: int, teams: int, seed: int = 0, dtype=np.float32) -> TeamWeights:
    generator = np.random.default_rng(seed)
    return TeamWeights(
        first_FOI=generator.normal(size=(teams, 3, 4)).astype(dtype),
        scale_KG=generator.normal(size=(members, 2)).astype(dtype),
        group_I=np.array([0, 1, 1, 0]),
    )


def weights_of(team: TeamWeights) -> dict[str, torch.Tensor]:
    """Return every member's weights: its own first and last layers, and its team's bias."""
    members, teams = len(team.scale_KG), len(team.first_FOI)
    generator = np.random.default_rng(1)
    bias = generator.normal(size=(teams, 3))[np.arange(members) % teams]
    arrays = {
        SCALED: team.effective(),
        "hidden.0.bias": bias,
        "last.weight": generator.normal(size=(members, 1, 3)),
    }
    return {name: torch.from_numpy(value) for name, value in arrays.items()}


def shapes_of(weights):
    return {name: tuple(tensor.shape) for name, tensor in weights.items()}


def same(one, other) -> bool:
    return {n: t.numpy().tobytes() for n, t in one.items()} == {
        n: t.numpy().tobytes() for n, t in other.items()
    }


@given(st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**32), st.sampled_from([np.float32, np.float64]))
def test_a_team_comes_back_to_the_last_bit(teams, each, seed, dtype):
    team = team_of(teams * each, teams, seed, dtype)
    weights = weights_of(team)
    stored = once(weights, team)
    assert SCALED not in stored
    assert len(stored["hidden.0.bias"]) == teams
    assert len(stored["last.weight"]) == teams * each
    assert same(whole(stored, shapes_of(weights), team), weights)


def test_members_that_are_no_products_of_their_team_keep_their_weights():
    team = team_of(4, 2)
    weights = weights_of(team)
    weights[SCALED][3, 0, 0] = torch.nextafter(weights[SCALED][3, 0, 0], torch.tensor(9.0))
    weights["hidden.0.bias"][2, 1] += 1
    stored = once(weights, team)
    assert {name: len(value) for name, value in stored.items()} == {name: 4 for name in weights}
    assert same(whole(stored, shapes_of(weights), team), weights)
    assert same(whole(once(weights, None), shapes_of(weights), None), weights)


@pytest.mark.parametrize(
    "change",
    [
        {"first_FOI": np.zeros((0, 3, 4), np.float32)},
        {"first_FOI": np.zeros((5, 3, 4), np.float32)},
        {"first_FOI": np.zeros((2, 3, 5), np.float32)},
        {"first_FOI": np.zeros((2, 3, 4), bool)},
        {"scale_KG": np.zeros((1 << 50, 0), np.float32)},
        {"scale_KG": np.zeros((3, 2), np.float32)},
        {"scale_KG": np.zeros(4, np.float32)},
        {"group_I": np.array([0, 1, 2, 0])},
        {"group_I": np.array([0, 1, -1, 0])},
        {"group_I": np.array([0, 1, 1])},
        {"group_I": np.array([0.0, 1.0, 1.0, 0.0])},
    ],
)
def test_factors_of_another_size_are_refused_before_anything_is_made(change):
    team = team_of(4, 2)
    weights = weights_of(team)
    with pytest.raises(ModelFileError, match="members that share layers does not fit"):
        whole(once(weights, team), shapes_of(weights), replace(team, **change))


def test_weights_of_another_shape_are_refused():
    team = team_of(4, 2)
    weights = weights_of(team)
    for name in ("hidden.0.bias", "last.weight"):
        stored = once(weights, team)
        stored[name] = stored[name][:1]
        with pytest.raises(ModelFileError, match="not those of the network"):
            whole(stored, shapes_of(weights), team)
