"""Every loss against torch's own, its gradient against differences, and no member in another's."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from glassnet.errors import SettingsError
from glassnet.loss.link import LINKS, linked
from glassnet.loss.registry import LOSSES, make_loss, output_count
from glassnet.settings import Training
from glassnet.table.values import Task

REGRESSION, BINARY, MULTICLASS, MULTILABEL = Task.REGRESSION, Task.BINARY, Task.MULTICLASS, Task.MULTILABEL
CASES = {
    "squared": (Training(loss="squared"), REGRESSION, 3),
    "absolute": (Training(loss="absolute"), REGRESSION, 2),
    "huber": (Training(loss="huber"), REGRESSION, 2),
    "quantile 0.9": (Training(loss="quantile", quantile=0.9), REGRESSION, 2),
    "quantile 0.2": (Training(loss="quantile", quantile=0.2), REGRESSION, 1),
    "poisson": (Training(loss="poisson"), REGRESSION, 2),
    "binary": (Training(loss="binary_cross_entropy"), BINARY, 1),
    "binary smoothed": (Training(loss="binary_cross_entropy", label_smoothing=0.2), BINARY, 1),
    "labels": (Training(loss="binary_cross_entropy"), MULTILABEL, 3),
    "classes": (Training(loss="cross_entropy"), MULTICLASS, 4),
    "classes smoothed": (Training(loss="cross_entropy", label_smoothing=0.3), MULTICLASS, 4),
    "two by softmax": (Training(loss="cross_entropy"), BINARY, 2),
}
K, B = 2, 5


def torchs_own(training: Training, predicted: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return each row's loss `(K, B)` as torch's functional losses give it."""
    soft = target * (1 - training.label_smoothing) + 0.5 * training.label_smoothing
    error = target - predicted
    by_name = {
        "squared": lambda: functional.mse_loss(predicted, target, reduction="none").mean(-1),
        "absolute": lambda: functional.l1_loss(predicted, target, reduction="none").mean(-1),
        "huber": lambda: functional.huber_loss(predicted, target, reduction="none").mean(-1),
        "poisson": lambda: functional.poisson_nll_loss(predicted, target, reduction="none").mean(-1),
        "quantile": lambda: torch.where(
            error > 0, training.quantile * error, (training.quantile - 1) * error
        ).mean(-1),
        "binary_cross_entropy": lambda: functional.binary_cross_entropy(
            torch.sigmoid(predicted), soft, reduction="none"
        ).mean(-1),
        "cross_entropy": lambda: functional.cross_entropy(
            predicted.flatten(0, 1),
            target.flatten().long(),
            reduction="none",
            label_smoothing=training.label_smoothing,
        ).view(K, B),
    }
    return by_name[training.loss]()


def draw(task: Task, outputs: int, by_class: bool) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    predicted = 2 * torch.randn(K, B, outputs, generator=generator, dtype=torch.float64)
    if by_class:
        target = torch.randint(0, outputs, (K, B, 1), generator=generator).double()
    elif task in (BINARY, MULTILABEL):
        target = torch.randint(0, 2, (K, B, outputs), generator=generator).double()
    else:
        target = torch.randint(0, 6, (K, B, outputs), generator=generator).double() + 0.25
    return predicted.requires_grad_(), target


def test_every_loss_has_a_case():
    assert {training.loss for training, _, _ in CASES.values()} == set(LOSSES)


@pytest.mark.parametrize("case", CASES)
def test_a_loss_is_torchs_own(case):
    training, task, outputs = CASES[case]
    loss = make_loss(training, task)
    predicted, target = draw(task, outputs, loss.by_class)
    found = loss.rows(predicted, target)
    assert found.shape == (K, B)
    torch.testing.assert_close(found, torchs_own(training, predicted, target), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
def test_a_gradient_is_its_differences(case):
    training, task, outputs = CASES[case]
    loss = make_loss(training, task)
    predicted, target = draw(task, outputs, loss.by_class)
    assert torch.autograd.gradcheck(lambda p: loss.rows(p, target), (predicted,), eps=1e-6, atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_members_and_rows_stay_apart(case):
    training, task, outputs = CASES[case]
    loss = make_loss(training, task)
    predicted, target = draw(task, outputs, loss.by_class)
    (gradient,) = torch.autograd.grad(loss.rows(predicted, target)[0, 2], predicted)
    assert gradient[0, 2].any()
    gradient[0, 2] = 0
    assert not gradient.any()
    moved, other = predicted.detach().clone(), target.clone()
    moved[1] = 7.0
    other[1] = 1.0
    assert torch.equal(loss.rows(moved, other)[0], loss.rows(predicted, target)[0])


@pytest.mark.parametrize("case", CASES)
def test_far_outputs_keep_finite_losses_and_gradients(case):
    training, task, outputs = CASES[case]
    loss = make_loss(training, task)
    _, target = draw(task, outputs, loss.by_class)
    for far in (-1e4, 1e4):
        predicted = torch.full((K, B, outputs), far, dtype=torch.float32, requires_grad=True)
        value = loss.rows(predicted, target.float())
        assert torch.isfinite(value).all()
        value.sum().backward()
        assert torch.isfinite(predicted.grad).all()


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
def test_the_quantile_loss_is_least_at_the_quantile(level):
    target = torch.linspace(0, 1, 101, dtype=torch.float64)[None, :, None]
    rows = make_loss(Training(loss="quantile", quantile=level), REGRESSION).rows
    places = torch.linspace(0, 1, 101, dtype=torch.float64)
    losses = torch.stack([rows(place.expand_as(target), target).mean() for place in places])
    assert float(places[losses.argmin()]) == pytest.approx(level, abs=0.011)  # one step of the grid


@pytest.mark.parametrize(
    ("loss", "task"),
    [("absolute", BINARY), ("huber", MULTICLASS), ("cross_entropy", REGRESSION), ("poisson", MULTILABEL)],
)
def test_a_loss_that_does_not_fit_names_those_that_do(loss, task):
    with pytest.raises(
        SettingsError, match=f"loss '{loss}' does not fit a {task} target. Those that do: squ"
    ):
        make_loss(Training(loss=loss), task)


def test_an_unknown_loss_is_a_near_miss():
    with pytest.raises(SettingsError, match="no loss is called 'hubber'"):
        make_loss(Training(loss="hubber"), REGRESSION)


def test_an_own_loss_must_keep_members_and_rows():
    def mixed(predicted, target):
        return (predicted - target).square().mean()

    def sound(predicted, target):
        return (predicted - target).abs().amax(dim=-1)

    predicted, target = draw(REGRESSION, 2, False)
    with pytest.raises(SettingsError, match=r"your loss mixed gave shape \(\) .* needs?|\.mean\(dim=-1\)"):
        make_loss(Training(loss=mixed), REGRESSION).rows(predicted, target)
    loss = make_loss(Training(loss=sound), REGRESSION)
    assert loss.name == "sound"
    assert loss.rows(predicted, target).shape == (K, B)


@pytest.mark.parametrize(
    ("loss", "task", "outputs"),
    [
        ("squared", REGRESSION, 2),
        ("squared", BINARY, 1),
        ("squared", MULTICLASS, 5),
        ("cross_entropy", BINARY, 5),
        ("cross_entropy", MULTICLASS, 5),
        ("binary_cross_entropy", BINARY, 1),
        ("binary_cross_entropy", MULTILABEL, 2),
    ],
)
def test_outputs_by_task(loss, task, outputs):
    assert output_count(make_loss(Training(loss=loss), task), task, classes=5, targets=2) == outputs


@pytest.mark.parametrize("far", [0.0, 40.0, 1e4, 1e300])
@pytest.mark.parametrize("link", LINKS)
def test_links_stay_in_their_range(link, far):
    output = np.array([[far, -far, 0.5]])
    value = linked(output, link, MULTICLASS)
    assert np.isfinite(value).all() or link == "identity"
    if link != "identity":
        assert (value >= 0).all()
    if link in ("softmax", "clip"):
        np.testing.assert_allclose(value.sum(axis=-1), 1.0, atol=1e-12)
    if link == "sigmoid":
        assert (value <= 1).all()
        np.testing.assert_allclose(value[0, 0] + value[0, 1], 1.0, atol=1e-12)


def test_shares_of_nothing_are_even():
    output = np.array([[-1.0, -2.0, -0.5, -3.0], [2.0, 3.0, -1.0, 0.0]])
    np.testing.assert_array_equal(linked(output, "clip", MULTICLASS), [[0.25] * 4, [0.5, 0.5, 0, 0]])
