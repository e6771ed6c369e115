"""Schedules against their formulas and torch's own."""

import math
from itertools import pairwise

import pytest
import torch

from glassnet.errors import SettingsError
from glassnet.schedule import SCHEDULES, rate_factor


def torchs(make, steps: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def test_cosine_is_torchs():
    rates = torchs(lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 50), 50)
    assert [rate_factor("cosine", 0.0, n, 50) for n in range(50)] == pytest.approx(rates, abs=1e-12)


def test_step_is_torchs():
    rates = torchs(lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [20, 30], gamma=0.1), 40)
    assert [rate_factor("step", 0.0, n, 40) for n in range(40)] == pytest.approx(rates)


def test_one_cycle_rises_and_falls():
    rates = [rate_factor("one_cycle", 0.0, n, 1000) for n in range(1000)]
    assert rates[0] == pytest.approx(1 / 25)
    assert max(rates) == rates[300] == 1.0
    assert all(a < b for a, b in pairwise(rates[:301]))
    assert all(a > b for a, b in pairwise(rates[300:]))
    assert rates[650] == pytest.approx(0.5)
    assert rates[-1] < 1e-4


@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_are_shares_of_the_rate(name):
    for steps in (1, 2, 7, 100):
        rates = [rate_factor(name, 0.0, n, steps) for n in range(steps)]
        assert all(0 < rate <= 1 for rate in rates)


@pytest.mark.parametrize("name", SCHEDULES)
def test_warm_up_rises_to_the_schedule(name):
    for n in range(100):
        plain = rate_factor(name, 0.0, n, 100)
        assert rate_factor(name, 0.2, n, 100) == pytest.approx(plain * min(1.0, (n + 1) / 20))
    assert rate_factor(name, 0.02, 0, 10) == rate_factor(name, 0.0, 0, 10)  # less than one step: none
    assert math.isfinite(rate_factor(name, 0.999, 0, 1))


def test_an_unknown_schedule_is_a_near_miss():
    with pytest.raises(SettingsError, match=r"no schedule is called 'cosin'\. Did you mean 'cosine'\?"):
        rate_factor("cosin", 0.0, 0, 1)
