"""From encoded rows to predictions, by compiled code where there is a form of the network, else by torch.

What is predicted for a row depends on the row alone: not on its neighbours, nor on how a file was cut.
Torch's matrix product may round a row differently in a batch of another size, so torch is given zero-padded
blocks of one size.

Shapes: K members, R rows, B rows of a block, T outputs, P numbers of a prediction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from glassnet.engine.outputs import compiled_network
from glassnet.engine.plan import Plan
from glassnet.loss.link import linked
from glassnet.network.own import OwnModule
from glassnet.prepare.assemble import apply
from glassnet.prepare.target import bound_target, unscale_target
from glassnet.prepare.values import Encoded, Floats64, Inputs, Preparation
from glassnet.table.values import Task

BLOCK: Final = 1024  # rows
PIECE: Final = 64 * BLOCK  # rows prepared at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Predictor:
    """All that turns encoded rows into predictions."""

    network: nn.Module
    preparation: Preparation
    link: str
    task: Task
    outputs: int  # T
    members: tuple[int, ...]  # those that did not fail
    folds: int
    scales_target: bool
    temperature: float = 1.0  # that outputs are divided by before they become probabilities
    is_eager: bool = False  # torch alone was asked for: its own forward pass predicts
    threads: int = 0  # that compiled code may take, which changes no byte; 0: as many as torch


def predictor_of(plan: Plan, network: nn.Module, members: tuple[int, ...]) -> Predictor:
    """Return what predicts with some members of a network of the plan."""
    return Predictor(
        network=network,
        preparation=plan.prepared.preparation,
        link=plan.loss.link,
        task=plan.task,
        outputs=plan.outputs,
        members=members,
        folds=plan.prepared.rows.folds,
        scales_target=plan.loss.scales_target,
        is_eager=plan.is_eager,
        threads=plan.threads if plan.has_given_threads else 0,
    )


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Run the body with this many torch threads, and put the number back afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def network_outputs(predictor: Predictor, encoded: Encoded) -> Floats64:
    """Return each member's outputs under its fold's preparation, `(K, R, T)`; failed members are NaN."""
    output_KRT = np.full((_count(predictor.network), encoded.rows, predictor.outputs), np.nan)
    for fold in range(predictor.folds):
        mine = [m for m in predictor.members if m % predictor.folds == fold]
        if mine:
            output_KRT[mine] = member_outputs(predictor, encoded, fold, mine)
    return output_KRT


def member_outputs(predictor: Predictor, encoded: Encoded, fold: int, members: Sequence[int]) -> Floats64:
    """Return the outputs of some members of one fold, `(members, R, T)`, in the order given."""
    is_eager, preparation = predictor.is_eager, predictor.preparation
    compiled = None if is_eager else compiled_network(predictor.network, preparation, members)
    if compiled is None:
        return _torch_outputs(predictor, encoded, fold, members)
    threads = predictor.threads or torch.get_num_threads()
    return np.concatenate([compiled.of(part, fold, threads) for part in _pieces(encoded)], axis=1)


def _torch_outputs(predictor: Predictor, encoded: Encoded, fold: int, members: Sequence[int]) -> Floats64:
    """Return the same by the network's own forward pass."""
    network = predictor.network
    first = next(iter(network.parameters()), torch.zeros(1))
    was_training = network.training
    network.eval()
    # One thread: how a product is shared between threads may change its rounding too.
    with torch.no_grad(), torch_threads(1):
        outputs = _only(network, members)
        # A table's rows as the network sees them may take a hundred times the memory of the table.
        parts = [
            _in_blocks(outputs, apply(part, predictor.preparation, fold), len(members), first.dtype)
            for part in _pieces(encoded)
        ]
    network.train(was_training)
    return np.concatenate(parts, axis=1)


def _pieces(encoded: Encoded) -> Iterator[Encoded]:
    """Yield the rows in pieces of some blocks; what is predicted for a row does not depend on them."""
    for start in range(0, max(encoded.rows, 1), PIECE):
        yield encoded.picked(np.arange(start, min(start + PIECE, encoded.rows)))


def _count(network: nn.Module) -> int:
    """Return how many members a network has."""
    return 1 if isinstance(network, OwnModule) else int(next(network.parameters()).shape[0])


def _only(network: nn.Module, members: Sequence[int]) -> Callable[[Tensor, Tensor], Tensor]:
    """Return what gives these members' outputs alone: a fold's rows need not pass through the others."""
    chosen = list(members)
    if isinstance(network, OwnModule) or chosen == list(range(_count(network))):
        return network
    weights = {name: weight.detach()[chosen] for name, weight in network.named_parameters()}
    # A buffer counts members from 0 (where each one's table begins), so the first ones fit the chosen.
    buffers = {name: buffer[: len(chosen)] for name, buffer in network.named_buffers()}

    def outputs(dense_KBD: Tensor, slot_KBE: Tensor) -> Tensor:
        output_KBT: Tensor = functional_call(network, weights | buffers, (dense_KBD, slot_KBE))
        return output_KBT

    return outputs


def _in_blocks(
    network: Callable[[Tensor, Tensor], Tensor], inputs: Inputs, members: int, dtype: torch.dtype
) -> Floats64:
    """Return the outputs of all members for the rows, `(K, R, T)`, block by block."""
    rows = inputs.dense_RD.shape[0]
    parts = []
    for start in range(0, max(rows, 1), BLOCK):
        dense_BD = torch.zeros(BLOCK, inputs.dense_RD.shape[1], dtype=dtype)
        slot_BE = torch.zeros(BLOCK, inputs.slot_RE.shape[1], dtype=torch.int64)
        here = min(BLOCK, rows - start)
        dense_BD[:here] = torch.from_numpy(inputs.dense_RD[start : start + here])
        slot_BE[:here] = torch.from_numpy(inputs.slot_RE[start : start + here])
        output_KBT = network(dense_BD.expand(members, -1, -1), slot_BE.expand(members, -1, -1))
        parts.append(output_KBT[:, :here].double().numpy())
    return np.concatenate(parts, axis=1)


def finish(predictor: Predictor, output_KRT: Floats64 | Mapping[int, Floats64]) -> Floats64:
    """Return predictions `(R, P)` of outputs: linked, in the table's unit, averaged over the members."""
    values = member_predictions(predictor, output_KRT)
    # A sum in a fixed order and one division: the mean of equal members is each of them, exactly.
    return np.asarray(sum(values[1:], start=values[0]) / len(values))


def member_predictions(predictor: Predictor, output_KRT: Floats64 | Mapping[int, Floats64]) -> list[Floats64]:
    """Return each member's predictions `(R, P)`: linked and in the table's unit."""
    values = []
    for member in predictor.members:
        output_RT = output_KRT[member]
        if predictor.temperature != 1.0:
            output_RT = output_RT / predictor.temperature
        value_RP = linked(output_RT, predictor.link, predictor.task)
        if predictor.task is Task.REGRESSION:
            target, fold = predictor.preparation.target, member % predictor.folds
            value_RP = unscale_target(value_RP, target, fold) if predictor.scales_target else value_RP
            value_RP = bound_target(value_RP, target, fold)
        values.append(value_RP)
    return values


def is_amount(predictor: Predictor) -> bool:
    """Return whether no prediction is below 0: counts and amounts, whose logarithm is learned."""
    target = predictor.preparation.target
    is_positive = target.is_log and target.low_FT.size > 0 and target.low_FT.min() >= 0
    return predictor.link == "exp" or bool(is_positive)


def predict(predictor: Predictor, encoded: Encoded) -> Floats64:
    """Return predictions: probabilities of the classes `(R, C)`, or numbers `(R, T)` in the table's unit."""
    return finish(predictor, network_outputs(predictor, encoded))
