"""Each registered thing has its writer, or is refused by name: a new one that has neither fails here."""

from collections.abc import Mapping
from dataclasses import fields

import pytest

from glassnet.loss.link import LINKS
from glassnet.loss.registry import LOSSES
from glassnet.network.activation import ACTIVATIONS
from glassnet.network.build import NETWORKS
from glassnet.optimizer import OPTIMIZERS
from glassnet.prepare.date import DATE_PARTS
from glassnet.schedule import SCHEDULES
from glassnet.script.columns import DATES
from glassnet.script.examples import EXAMPLE_WRITERS, REFUSED_EXAMPLES
from glassnet.script.loss import LINK_WRITERS, LOSS_WRITERS, REFUSED_LINKS, REFUSED_LOSSES
from glassnet.script.network import ACTIVATION_MODULES, NETWORK_WRITERS, REFUSED_ACTIVATIONS, REFUSED_NETWORKS
from glassnet.script.numbers import NUMBER_WRITERS, REFUSED_NUMBERS
from glassnet.script.optimizer import OPTIMIZER_WRITERS, REFUSED_OPTIMIZERS
from glassnet.script.schedule import REFUSED_SCHEDULES, SCHEDULE_WRITERS
from glassnet.script.scratch import ACTIVATION_FUNCTIONS
from glassnet.settings import CHECKS, Architecture, Preparing, Training
from glassnet.table.examples import EXAMPLES

NUMBERS = CHECKS["numbers"][1].removeprefix("one of ").split(", ")

SIDES: dict[str, tuple[object, Mapping[str, object], Mapping[str, str]]] = {
    "networks": (NETWORKS, NETWORK_WRITERS, REFUSED_NETWORKS),
    "losses": (LOSSES, LOSS_WRITERS, REFUSED_LOSSES),
    "links": (LINKS, LINK_WRITERS, REFUSED_LINKS),
    "optimisers": (OPTIMIZERS, OPTIMIZER_WRITERS, REFUSED_OPTIMIZERS),
    "schedules": (SCHEDULES, SCHEDULE_WRITERS, REFUSED_SCHEDULES),
    "activations": (ACTIVATIONS, ACTIVATION_MODULES, REFUSED_ACTIVATIONS),
    "activations from scratch": (ACTIVATIONS, ACTIVATION_FUNCTIONS, REFUSED_ACTIVATIONS),
    "number scalings": (NUMBERS, NUMBER_WRITERS, REFUSED_NUMBERS),
    "examples": (EXAMPLES, EXAMPLE_WRITERS, REFUSED_EXAMPLES),
}


@pytest.mark.parametrize("what", SIDES)
def test_each_has_a_writer_or_a_reason(what):
    registered, writers, refused = SIDES[what]
    assert set(registered) == set(writers) | set(refused)
    assert not set(writers) & set(refused)


def test_a_choice_of_the_recipe_that_no_script_knows_of_is_noticed():
    # Whoever adds a field here writes it into the scripts, or refuses it in script/run.py.
    assert {field.name for field in fields(Preparing)} == {
        "numbers",
        "bins",
        "one_hot",
        "embedding",
        "rare",
        "target_means",
        "bounds",
        "target_scale",
    }
    assert {field.name for field in fields(Architecture)} == {
        "network",
        "hidden",
        "activation",
        "dropout",
        "normalization",
        "output",
        "initial",
        "members",
        "sharing",
        "input_scaling",
    }
    assert {field.name for field in fields(Training)} == {
        "loss",
        "label_smoothing",
        "quantile",
        "optimizer",
        "learning_rate",
        "rate_factors",
        "momentum",
        "second_moment",
        "average",
        "weight_decay",
        "decay_factors",
        "clip",
        "schedule",
        "warmup",
        "epochs",
        "batch_size",
        "patience",
        "slack",
        "metric",
        "epoch_by",
        "training_loss",
        "precision",
        "seed",
    }
    assert CHECKS["normalization"][1] == "one of none, layer"
    assert CHECKS["output"][1] == "one of linear, sigmoid"


def test_dates_are_taken_apart_in_the_order_of_the_preparation():
    assert list(DATE_PARTS) == [
        "days",
        *(f"{part} ({wave})" for part in ("year", "week", "day") for wave in ("sine", "cosine")),
    ]
    assert "for share in ({shares}) for wave in (np.sin, np.cos)" in DATES
