"""Which engine runs: the fastest that can, with the reason, and in words where it cannot."""

from dataclasses import replace

import pytest
from torch import nn

from glassnet.engine.choose import ENGINES, choose_engine, missing_note
from glassnet.engine.fused import MISSING
from glassnet.errors import SettingsError
from glassnet.pipeline import Sources, draft_run
from glassnet.settings import Settings

BASE = Settings(example="moons", example_rows=60, hidden=(4,), epochs=1, sharing="none")


class Own(nn.Linear):
    pass


PLANS = {
    "mlp": {},
    "layer norm": {"normalization": "layer"},
    "own module": {"network": Own, "hidden": "auto"},
    "own optimiser": {"optimizer": __import__("torch").optim.RMSprop},
    "float64": {"precision": "float64"},
    "the neuron": {"network": "neuron", "hidden": "auto"},
}


@pytest.mark.parametrize("case", PLANS)
def test_auto_takes_the_first_that_can_and_says_why_others_cannot(case):
    plan = draft_run(Sources(), replace(BASE, **PLANS[case])).plan
    engine, reason = choose_engine(plan, "auto")
    refusals = {name: kind.refuses(plan) for name, kind in ENGINES.items()}
    assert engine.name == next(name for name, why in refusals.items() if not why)
    assert reason
    for name, why in refusals.items():
        if name == engine.name:
            break
        assert f"{name} cannot run it: {why}" in reason
    assert engine.advance(0, 1).loss_SK.shape == (1, 1)


@pytest.mark.parametrize("case", PLANS)
def test_a_named_engine_runs_or_says_why_not(case):
    plan = draft_run(Sources(), replace(BASE, **PLANS[case])).plan
    for name, kind in ENGINES.items():
        if why := kind.refuses(plan):
            with pytest.raises(SettingsError, match=f"engine '{name}' cannot run this network: ") as caught:
                choose_engine(plan, name)
            assert why in str(caught.value)
        else:
            engine, reason = choose_engine(plan, name)
            assert (engine.name, reason) == (name, "asked for")


def test_eager_runs_everything_and_comes_last():
    assert list(ENGINES)[-1] == "eager"
    for changes in PLANS.values():
        assert ENGINES["eager"].refuses(draft_run(Sources(), replace(BASE, **changes)).plan) == ""


def test_an_unknown_engine_is_a_near_miss():
    plan = draft_run(Sources(), BASE).plan
    with pytest.raises(SettingsError, match=r"no engine is called 'eagar'\. Did you mean 'eager'\?"):
        choose_engine(plan, "eagar")


def test_a_missing_engine_is_told_of_with_its_remedy_and_others_are_not():
    assert missing_note("the fastest there is") == ()
    assert missing_note("fused cannot run it: it has no compiled activation 'mish'") == ()
    [note] = missing_note(f"fused cannot run it: {MISSING}.")
    assert "install a C++ compiler" in note
