"""A recipe leaves nothing open, says why, and never overrules the user."""

from dataclasses import fields, replace

import pytest
import torch
from torch import nn

from glassnet.errors import SettingsError
from glassnet.recipe.check import shown
from glassnet.recipe.choose import CHOICES, choose_recipe
from glassnet.recipe.facts import Facts
from glassnet.settings import OPEN, Settings
from glassnet.table.values import Task

TASKS = {Task.BINARY: 2, Task.MULTICLASS: 4, Task.REGRESSION: 0, Task.MULTILABEL: 2}
READING = {
    "task", "recipe", "delimiter", "quote", "escape", "comment", "header", "skip_lines", "footer_lines",
    "missing", "decimal", "dates", "encoding", "example_rows", "example_features", "example_noise",
}  # fmt: skip
LATER = {"metric", "engine"}  # "auto" stays, for the task and the plan to decide


def facts(rows: int = 1000, task: Task = Task.BINARY, **changes: object) -> Facts:
    return replace(Facts(rows=rows, distinct=(33,) * 5, task=task, classes=TASKS[task]), **changes)


def chosen(recipe: object) -> dict[str, object]:
    """Return every choice inside a recipe by its setting's name."""
    found: dict[str, object] = {}
    for part in (recipe.preparing, recipe.architecture, recipe.training):
        found |= {f.name: getattr(part, f.name) for f in fields(part)}
    return found | {
        "validation_share": recipe.validation_share,
        "test_share": recipe.test_share,
        "folds": recipe.folds,
        "target_means": "on" if recipe.preparing.target_means else "off",
    }


@pytest.mark.parametrize("name", ["auto", "mlp", "neuron", "sequential"])
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("rows", [3, 150, 5000, 2_000_000])
def test_nothing_is_left_open_and_everything_has_a_reason(name, task, rows):
    recipe = choose_recipe(Settings(recipe=name), facts(rows, task))
    assert set(CHOICES) - LATER <= {decision.name for decision in recipe.decisions} <= set(CHOICES)
    assert all(decision.reason and decision.value for decision in recipe.decisions)
    values = chosen(recipe)
    for decision in recipe.decisions:
        if decision.name in values:
            assert decision.value == shown(values[decision.name]), decision.name
    for setting in ("hidden", "epochs", "batch_size", "learning_rate", "dropout", "loss", "members"):
        assert values[setting] != "auto"


def test_every_open_setting_is_chosen_somewhere():
    assert set(CHOICES) == OPEN - READING - {"calibrate", "effort"}  # which is decided after training


WISHES = {
    "validation_share": 0.3,
    "test_share": 0.1,
    "network": "neuron",
    "hidden": (5,),
    "activation": "tanh",
    "dropout": 0.4,
    "normalization": "layer",
    "members": 3,
    "numbers": "standard",
    "one_hot": 4,
    "embedding": 5,
    "rare": 7,
    "loss": "squared",
    "optimizer": "adam",
    "learning_rate": 0.5,
    "weight_decay": 0.25,
    "clip": 0.125,
    "schedule": "step",
    "warmup": 0.5,
    "batch_size": 77,
    "epochs": 13,
    "patience": 3,
    "precision": "float64",
}


@pytest.mark.parametrize("recipe", ["auto", "neuron", "sequential"])
@pytest.mark.parametrize("wish", WISHES)
def test_the_users_choice_wins(recipe, wish):
    wishes = {wish: WISHES[wish]} | ({"network": "mlp"} if wish == "hidden" else {})
    made = choose_recipe(Settings(recipe=recipe, **wishes), facts())
    assert chosen(made)[wish] == WISHES[wish]
    assert wish not in {decision.name for decision in made.decisions}


def test_a_neuron_has_no_hidden_layer():
    for settings in (Settings(recipe="neuron", hidden=(5,)), Settings(network="neuron", hidden=(5,))):
        with pytest.raises(SettingsError, match="a neuron has no hidden layer, but hidden is 5"):
            choose_recipe(settings, facts())
    recipe = choose_recipe(Settings(recipe="neuron", network="mlp", hidden=(5,)), facts())
    assert recipe.architecture.initial == "uniform"  # hidden layers that start at zero stay there


def test_the_neuron_is_the_tutorials():
    values = chosen(choose_recipe(Settings(recipe="neuron"), facts()))
    wanted = {
        "network": "neuron", "hidden": (), "initial": "zero", "output": "linear", "numbers": "standard",
        "loss": "squared", "optimizer": "sgd", "learning_rate": 0.01, "momentum": 0.0, "epochs": 200,
        "batch_size": 50, "schedule": "constant", "warmup": 0.0, "validation_share": 0.0, "test_share": 0.2,
        "dropout": 0.0, "weight_decay": 0.0, "clip": 0.0, "patience": 0, "members": 1,
        "precision": "float32", "training_loss": "rows",
    }  # fmt: skip
    assert {name: values[name] for name in wanted} == wanted


def test_the_sequential_network_is_the_tutorials():
    values = chosen(choose_recipe(Settings(recipe="sequential"), facts(100)))
    wanted = {
        "network": "mlp", "hidden": (15,), "activation": "relu", "output": "sigmoid", "numbers": "none",
        "initial": "uniform", "loss": "squared", "optimizer": "sgd", "learning_rate": 0.01, "epochs": 5000,
        "momentum": 0.0, "batch_size": 0, "schedule": "constant", "warmup": 0.0, "validation_share": 0.0,
        "test_share": 0.0, "dropout": 0.0, "weight_decay": 0.0, "clip": 0.0, "patience": 0, "members": 1,
        "precision": "float32", "training_loss": "batches",
    }  # fmt: skip
    assert {name: values[name] for name in wanted} == wanted


def test_a_sigmoid_gives_way_for_numbers():
    recipe = choose_recipe(Settings(recipe="sequential"), facts(task=Task.REGRESSION))
    assert recipe.architecture.output == "linear"
    reason = {d.name: d.reason for d in recipe.decisions}["output"]
    assert "the target is a number" in reason


@pytest.mark.parametrize(
    ("task", "loss"),
    [
        (Task.BINARY, "binary_cross_entropy"),
        (Task.MULTILABEL, "binary_cross_entropy"),
        (Task.MULTICLASS, "cross_entropy"),
        (Task.REGRESSION, "squared"),
    ],
)
def test_the_loss_follows_the_task(task, loss):
    assert choose_recipe(Settings(), facts(task=task)).training.loss == loss


def test_own_rows_make_a_share_of_none():
    recipe = choose_recipe(Settings(), facts(has_own_validation=True, has_own_test=True))
    assert (recipe.validation_share, recipe.test_share) == (0.0, 0.0)
    assert recipe.training.patience > 0
    tutorial = choose_recipe(Settings(recipe="neuron"), facts(has_own_test=True))
    assert tutorial.test_share == 0.0


def test_few_rows_are_not_held_out():
    recipe = choose_recipe(Settings(), facts(rows=10))
    assert recipe.validation_share == 0.0
    assert recipe.training.patience == 0


def test_of_a_large_table_as_many_rows_are_held_out_as_tell_enough():
    large = choose_recipe(Settings(), facts(rows=10_000_000))
    assert (large.test_share, large.validation_share) == (0.01, 0.005)
    assert large.training.epochs == 4
    usual = choose_recipe(Settings(), facts(rows=100_000))
    assert (usual.test_share, usual.validation_share) == (0.2, 0.05)
    people = choose_recipe(Settings(), facts(rows=10_000_000, repeats=1000.0))
    assert (people.test_share, people.validation_share) == (0.2, 0.08)


@pytest.mark.parametrize("given", [{"test_share": 0.9}, {"validation_share": 0.9}, {"test_share": 0.7}])
def test_a_share_chosen_leaves_most_of_the_rest_to_train_on(given):
    recipe = choose_recipe(Settings(**given), facts())
    rest = 1 - sum(given.values())
    assert 1 - recipe.validation_share - recipe.test_share >= rest / 2


def test_shares_of_a_tutorial_and_the_users_leave_rows_to_train_on():
    with pytest.raises(SettingsError, match=r"validation_share 0\.8 and test_share 0\.2 leave nothing"):
        choose_recipe(Settings(recipe="neuron", validation_share=0.8), facts())


def test_folds_are_members():
    team = choose_recipe(Settings(folds=5), facts()).architecture
    assert (team.members, team.sharing) == (20, "layers")
    alone = choose_recipe(Settings(folds=5, sharing="none"), facts()).architecture
    assert (alone.members, alone.sharing) == (5, "none")
    assert choose_recipe(Settings(folds=5, members=10), facts()).architecture.members == 10
    with pytest.raises(SettingsError, match="5 folds need at least as many members, but members is 3"):
        choose_recipe(Settings(folds=5, members=3), facts())


@pytest.mark.parametrize(
    ("changes", "members", "sharing", "scaling"),
    [
        ({}, 16, "layers", "learned"),
        ({"input_scaling": "learned"}, 16, "layers", "learned"),
        ({"input_scaling": "none"}, 1, "none", "none"),
        ({"members": 1}, 1, "none", "none"),
        ({"members": 1, "input_scaling": "learned"}, 1, "none", "learned"),
        ({"members": 3, "sharing": "none", "input_scaling": "learned"}, 3, "none", "learned"),
    ],
)
def test_who_scales_the_columns(changes, members, sharing, scaling):
    found = choose_recipe(Settings(**changes, validation_share=0.2), facts()).architecture
    assert (found.members, found.sharing, found.input_scaling) == (members, sharing, scaling)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sharing": "layers", "input_scaling": "none"}, "which input_scaling 'none' forbids"),
        ({"network": "neuron", "input_scaling": "learned"}, "input_scaling 'learned' needs hidden layers"),
        ({"hidden": (), "input_scaling": "learned"}, "input_scaling 'learned' needs hidden layers"),
        ({"network": nn.Identity, "input_scaling": "learned"}, "needs hidden layers of the built-in network"),
    ],
)
def test_what_cannot_scale_is_refused(changes, message):
    with pytest.raises(SettingsError, match=message):
        choose_recipe(Settings(**changes), facts())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"members": 1, "rate_factors": (("scales", 6.0),)}, r"rate_factors name 'scales' \(learned factors"),
        (
            {"hidden": (8,), "decay_factors": (("hidden", 0.0),)},
            "it has first, last, biases, embeddings, scales",
        ),
        ({"network": "neuron", "rate_factors": (("first", 2.0),)}, "it has last, biases, embeddings."),
        ({"network": nn.Identity, "rate_factors": (("last", 2.0),)}, "but the network is your own"),
        (
            {"optimizer": torch.optim.RMSprop, "decay_factors": (("last", 2.0),)},
            "but the optimizer is your own",
        ),
    ],
)
def test_factors_of_what_is_not_there_are_refused(changes, message):
    with pytest.raises(SettingsError, match=message):
        choose_recipe(Settings(**changes), facts())


def test_factors_come_to_the_training():
    settings = Settings(rate_factors=(("scales", 6.0),), decay_factors=(("biases", 1.0),))
    training = choose_recipe(settings, facts()).training
    assert (training.rate_factors, training.decay_factors) == ((("scales", 6.0),), (("biases", 1.0),))


@pytest.mark.parametrize(
    ("given", "known", "folds", "reason"),
    [
        ({}, {}, 8, "1,000 rows are few: each is held out in turn"),
        ({"effort": "fast"}, {"rows": 200}, 8, "200 rows are few"),
        ({}, {"rows": 199}, 0, "199 rows are too few to hold any out"),
        ({}, {"rows": 100_000}, 0, "can spare some that choose the epoch"),
        ({}, {"is_in_order": True}, 0, "split by time or by group"),
        ({}, {"has_own_validation": True}, 0, "validation rows were given"),
        ({"validation_share": 0.1}, {}, 0, "chosen by you"),
        ({"members": 4}, {}, 0, "chosen by you"),
        ({"network": "neuron"}, {}, 0, "one network"),
        ({"recipe": "mlp"}, {}, 0, "the mlp recipe"),
        ({"recipe": "neuron"}, {}, 0, "the neuron recipe"),
    ],
)
def test_few_rows_are_held_out_in_turn_where_nothing_speaks_against_it(given, known, folds, reason):
    recipe = choose_recipe(Settings(**given), facts(**known))
    assert recipe.folds == folds
    assert reason in next(one.reason for one in recipe.decisions if one.name == "folds")
    assert recipe.validation_share == 0.0 or not folds
    assert not folds or recipe.training.patience > 0
    assert recipe.architecture.members % max(folds, 1) == 0


def test_an_own_module_sees_columns_and_trains_alone():
    recipe = choose_recipe(Settings(network=nn.Linear), facts())
    assert recipe.preparing.one_hot > 10**6  # every category as 0/1 columns
    with pytest.raises(SettingsError, match="an own module trains as one member"):
        choose_recipe(Settings(network=nn.Linear, members=2), facts())


def test_unknown_recipes_are_near_misses():
    with pytest.raises(SettingsError, match=r"no recipe is called 'nueron'\. Did you mean 'neuron'\?"):
        choose_recipe(Settings(recipe="nueron"), facts())


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "cross_entropy", "poisson"])
def test_a_sigmoid_does_not_go_with_a_loss_of_sums(loss):
    with pytest.raises(SettingsError, match="choose loss 'squared' or output 'linear'"):
        choose_recipe(Settings(output="sigmoid", loss=loss), facts())


def test_values_are_shown_as_people_write_them():
    assert shown((128, 64)) == "128, 64"
    assert shown(()) == "none"
    assert shown(2e-3) == "0.002"
    assert shown(nn.Linear) == "Linear"
    assert shown(nn.ReLU()) == "ReLU"


@pytest.mark.parametrize("rows", [500, 5000, 50_000])
def test_more_effort_means_more_members_steps_and_width(rows):
    sizes = [
        choose_recipe(Settings(effort=effort), facts(rows, effort=effort))
        for effort in ("fast", "auto", "best")
    ]
    members = [recipe.architecture.members for recipe in sizes]
    assert members == sorted(set(members))
    epochs = [recipe.training.epochs for recipe in sizes]
    assert epochs == sorted(epochs)
    widths = [sum(recipe.architecture.hidden) for recipe in sizes]
    assert widths == sorted(widths)


def test_bins_are_shared_out_by_the_values_that_columns_have():
    def bins(*distinct: int) -> tuple[int, str]:
        recipe = choose_recipe(Settings(), facts(distinct=distinct))
        return recipe.preparing.bins, next(one.reason for one in recipe.decisions if one.name == "bins")

    assert bins(*[33] * 20)[0] == 32
    assert bins(*[33] * 40)[0] == 16
    assert bins(*[2] * 2000, *[33] * 20)[0] == 32, "a yes or no has no bins to pay for"
    assert bins(*[3] * 100, *[33] * 44)[0] == 10, "three values bound two bins"
    assert "44 columns share 640" in bins(*[2] * 9, *[33] * 44)[1]
    assert bins(*[33] * 700) == (0, "700 columns of numbers are inputs enough")
    assert bins()[0] == 32


@pytest.mark.parametrize("rows", [100, 1000, 100_000])
def test_the_mlp_recipe_is_one_network(rows):
    recipe = choose_recipe(Settings(recipe="mlp"), facts(rows))
    assert (recipe.architecture.members, recipe.architecture.sharing, recipe.folds) == (1, "none", 0)
    several = choose_recipe(Settings(recipe="mlp", members=3), facts(rows))
    assert (several.architecture.members, several.architecture.sharing) == (3, "none")


@pytest.mark.parametrize(
    ("skewness", "settings", "scale"),
    [
        (0.9, Settings(), "standard"),
        (1.2, Settings(), "soft_log"),
        (5.0, Settings(loss="absolute"), "standard"),
        (5.0, Settings(recipe="sequential"), "standard"),
        (0.0, Settings(target_scale="log"), "log"),
    ],
    ids=str,
)
def test_of_a_skewed_target_a_logarithm_is_learned(skewness, settings, scale):
    facts = Facts(rows=1000, task=Task.REGRESSION, classes=0, skewness=skewness)
    assert choose_recipe(settings, facts).preparing.target_scale == scale
