"""A fitted run as one model file: weights and arrays as tensors, the rest as JSON. See docs/model-file.md."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import polars as pl
import torch
from torch import nn

from glassnet.errors import ModelFileError
from glassnet.model_file import read_model_file, write_model_file
from glassnet.network.build import build_network
from glassnet.network.mlp import InputShape
from glassnet.network.team import TeamWeights
from glassnet.pipeline import Fitted
from glassnet.prepare.values import Preparation
from glassnet.settings import Architecture, Own, Recipe
from glassnet.store.plain import Arrays, from_plain, to_plain
from glassnet.store.weights import once, tensors, whole

# What comes of a header whose values are not those of a run: it is sealed, so somebody meant them.
HOSTILE: Final = (
    KeyError, IndexError, TypeError, AttributeError, ValueError, ArithmeticError, RuntimeError, MemoryError,
)  # fmt: skip
WEIGHTS: Final = "network/"  # what the tensors of the network are called, before their own names


@dataclass(frozen=True, slots=True)
class _Stored:
    """The weights of a file, and what a team's are products of."""

    arrays: Arrays
    team: TeamWeights | None


def save_fitted(fitted: Fitted, path: Path) -> str:
    """Write the run to a model file and return its SHA-256. Saving twice gives equal bytes."""
    arrays: Arrays = {}
    header = to_plain(fitted, arrays, "run")
    for name, array in once(fitted.network.state_dict(), fitted.trained.team).items():
        arrays[WEIGHTS + name] = array
    return write_model_file(path, header, arrays)


def load_fitted(path: Path, network: Own | nn.Module | None = None) -> Fitted:
    """Return the run of a model file.

    A run of a user's own module needs that class or instance again as `network`, since the file holds no
    code. Raises ModelFileError for a file that is damaged, foreign or does not fit.
    """
    file = read_model_file(path)
    stored = {
        name.removeprefix(WEIGHTS): array for name, array in file.arrays.items() if name.startswith(WEIGHTS)
    }
    header: dict[str, Any] = dict(file.header)
    try:
        preparation: Preparation = from_plain(Preparation, header["preparation"], file.arrays, {})
        # Files of the time when folds were a setting alone.
        told = {"folds": header["settings"]["folds"]} | header["recipe"]
        recipe: Recipe = from_plain(Recipe, told, file.arrays, {})
        team: TeamWeights | None = from_plain(
            TeamWeights | None, header["trained"].get("team"), file.arrays, {}
        )
        module = _network(recipe, preparation, int(header["outputs"]), network, _Stored(stored, team))
        given = {"network": module.eval(), "kept": pl.DataFrame()}
        fitted: Fitted = from_plain(Fitted, header | {"recipe": told}, file.arrays, given)
    except ModelFileError:
        raise
    except HOSTILE as error:
        raise ModelFileError(
            f"model file {path} is whole, but it does not hold a run of this version: {error}"
        ) from error
    return replace(fitted, recipe=recipe, preparation=preparation)


def _network(
    recipe: Recipe, preparation: Preparation, outputs: int, own: Own | nn.Module | None, stored: _Stored
) -> nn.Module:
    """Return the network with its weights, where it has as many as the file holds."""
    architecture: Architecture = replace(
        recipe.architecture, initial="zero"
    )  # what is drawn would be replaced
    if isinstance(architecture.network, str) and "." in architecture.network:
        if own is None:
            raise ModelFileError(
                f"this model's network is your own module '{architecture.network}', and a model file holds no"
                " code. Give the class again: glassnet.load(path, network=YourModule)."
            )
        module = _built(recipe, replace(architecture, network=own), preparation, outputs)
        module.load_state_dict(tensors(stored.arrays))
        return module
    with torch.device("meta"):  # without memory: a hostile file may name a layer of 2**40 units
        sizes = _built(recipe, architecture, preparation, outputs).state_dict()
    weights = whole(stored.arrays, {name: tuple(one.shape) for name, one in sizes.items()}, stored.team)
    module = _built(recipe, architecture, preparation, outputs)
    module.load_state_dict(weights)
    return module


def _built(recipe: Recipe, architecture: Architecture, preparation: Preparation, outputs: int) -> nn.Module:
    inputs = InputShape(
        dense=preparation.dense, embedded=preparation.embedded, embedding=preparation.choices.embedding
    )
    return build_network(
        architecture, inputs, outputs, seed=recipe.training.seed, precision=recipe.training.precision
    )
