from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class Setup:
    members: int
    dense: int
    binned: Sequence[int]
    column: Sequence[int]
    embedded: Sequence[int]
    embedding: int
    hidden: Sequence[int]
    outputs: int
    activation: int
    is_sigmoid: bool
    dropout: float
    keep_threshold: int
    loss: int
    smoothing: float
    level: float
    optimizer: int
    learning_rate: float
    momentum: float
    second_moment: float
    average: float
    decay: float
    rate_factors: Sequence[float]
    decay_factors: Sequence[float]
    clip: float
    schedule: int
    warmup: float
    steps: int
    steps_per_epoch: int
    batch: int
    longest: int
    seed: int
    evaluates_rows: bool
    is_weighted: bool
    teams: int
    groups: int
    group: Sequence[int]
    group_binned: Sequence[int]
    threads: int
    set: str

class Preparation:
    means: int
    location: NDArray[np.float32]
    scale: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    least: NDArray[np.float32]
    most: NDArray[np.float32]
    is_clipped: NDArray[np.int32]
    marked: NDArray[np.int32]
    piece_of: NDArray[np.int32]
    piece_low: NDArray[np.float32]
    piece_width: NDArray[np.float32]
    looked_up: NDArray[np.int32]
    bins: NDArray[np.int32]
    edge: NDArray[np.float32]
    slot: NDArray[np.int32]
    first: NDArray[np.int32]
    levels: NDArray[np.int32]
    missing: NDArray[np.int32]
    slots: NDArray[np.int32]
    is_one_hot: NDArray[np.int32]
    mean_category: NDArray[np.int32]
    mean_first: NDArray[np.int32]
    mean_size: NDArray[np.int32]
    mean: NDArray[np.float32]

class Rows32:
    def __init__(
        self,
        preparation: Preparation,
        number: NDArray[np.float32],
        code: NDArray[np.signedinteger],
        own: NDArray[np.float32],
    ) -> None: ...
    def kept_bytes(self) -> int: ...
    def keep(self) -> None: ...
    def is_kept(self) -> bool: ...
    def show(
        self,
        dense: NDArray[np.floating],
        bin: NDArray[np.uint16],
        fraction: NDArray[np.floating],
        slot: NDArray[np.int32],
    ) -> None: ...

class Rows64(Rows32): ...

class Trainer32:
    def __init__(
        self,
        setup: Setup,
        rows: Sequence[Rows32],
        target: Sequence[NDArray[np.floating]],
        weight: NDArray[np.floating],
        fit: Sequence[NDArray[np.int64]],
    ) -> None: ...
    def advance(
        self,
        first: int,
        count: int,
        loss: NDArray[np.float32],
        epoch: NDArray[np.float64],
        recorded: NDArray[np.int64],
        records: NDArray[np.float32],
    ) -> float: ...
    def outputs(
        self,
        member: Sequence[int],
        first: Sequence[int],
        count: Sequence[int],
        places: NDArray[np.uint32],
        to: NDArray[np.float64],
    ) -> None: ...
    def get(self, what: int, parameter: int, to: NDArray[np.floating]) -> None: ...
    def set(self, what: int, parameter: int, source: NDArray[np.floating]) -> None: ...
    def set_steps(self, steps: int) -> None: ...
    def start_teams(self, scales: NDArray[np.floating]) -> None: ...
    def get_teams(
        self, is_averaged: bool, first: NDArray[np.floating], scales: NDArray[np.floating]
    ) -> None: ...
    def steps(self, member: int = 0) -> int: ...
    def not_finite_at(self, member: int) -> int: ...
    def shapes(self) -> list[list[int]]: ...
    def set_name(self) -> str: ...

class Trainer64(Trainer32): ...

class Network32:
    def __init__(self, setup: Setup, tensors: Sequence[NDArray[np.floating]]) -> None: ...
    def outputs(self, rows: Rows32, to: NDArray[np.float64], threads: int) -> None: ...

class Network64(Network32): ...

class Judge:
    def __init__(
        self,
        setup: Setup,
        target: NDArray[np.float64],
        weight: NDArray[np.float64],
        rows: Sequence[int],
        members: Sequence[int],
    ) -> None: ...
    def losses(self, output: NDArray[np.float64], to: NDArray[np.float64]) -> None: ...
    def joint_loss(self, output: NDArray[np.float64], refines: bool) -> float: ...

def rate_factor(setup: Setup, step: int) -> float: ...
def apply32(set: str, which: int, values: NDArray[np.float32]) -> None: ...
def apply64(set: str, which: int, values: NDArray[np.float64]) -> None: ...
def random_order(seed: int, member: int, epoch: int, count: int) -> list[int]: ...
def lanes16(seed: int, member: int, epoch: int, step: int, start: int, count: int) -> list[int]: ...
