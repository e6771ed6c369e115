"""What happens to an estimator after `fit`: copies, pickles, more epochs, more rows, other processes."""

import copy
import io
import itertools
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from torch import nn

from glassnet.errors import GlassnetError
from glassnet.estimators import GlassnetClassifier, GlassnetRegressor
from glassnet.estimators.cores import threads_here
from glassnet.model import encode_rows
from glassnet.predict import member_outputs
from glassnet.table.frames import to_polars

FAST = {"hidden": (16,), "epochs": 12, "learning_rate": 0.05, "members": 1, "threads": 1}


def table(rows: int = 240, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = pd.DataFrame(generator.normal(size=(rows, 3)), columns=["a", "b", "c"])
    X["city"] = generator.choice(["Bonn", "Celle", "Ulm"], rows)
    score = X["a"] + (X["city"] == "Ulm")
    return X, np.where(score > 0.9, "high", np.where(score > 0, "middle", "low"))


class Own(nn.Module):
    """A module of the user's."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(inputs, 8), nn.Tanh(), nn.Linear(8, outputs))

    def forward(self, x):
        return self.inner(x)


# ---- copies ----


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


def through_joblib(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


@pytest.mark.parametrize("way", [through_pickle, through_joblib, copy.deepcopy, copy.copy])
@pytest.mark.parametrize("network", ["auto", Own], ids=["built in", "own"])
def test_a_copy_predicts_the_same(way, network):
    X, y = table()
    model = GlassnetClassifier(**FAST, network=network).fit(X, y)
    again = way(model)
    assert again.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert again.get_params() == model.get_params()
    assert again.classes_.tolist() == ["high", "low", "middle"]
    assert again.feature_names_in_.tolist() == ["a", "b", "c", "city"]
    assert again.n_iter_ == model.n_iter_


def test_an_own_module_instance_is_copied_and_left_as_it_was():
    X, y = table()
    module = Own(6, 3)
    before = [p.clone() for p in module.parameters()]
    model = GlassnetClassifier(**FAST, network=module).fit(X, y)
    assert copy.deepcopy(model).predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert all((p == old).all() for p, old in zip(module.parameters(), before, strict=True))


def test_the_payload_of_a_pickle_is_the_model_file():
    X, y = table()
    state = GlassnetClassifier(**FAST).fit(X, y).__getstate__()
    assert "model_" not in state
    assert b'"__metadata__"' in state["model file"][:100]


def test_an_estimator_not_fitted_is_pickled_too():
    assert through_pickle(GlassnetRegressor(epochs=3)).epochs == 3


# ---- chance ----


def test_every_kind_of_random_state():
    X, y = table(80)
    shares = {}
    for name, state in {
        "int": 5,
        "numpy int": np.int64(5),
        "RandomState": np.random.RandomState(5),
        "Generator": np.random.default_rng(5),
        "None": None,
    }.items():
        shares[name] = GlassnetClassifier(**FAST, random_state=state).fit(X, y).predict_proba(X)
    assert shares["int"].tobytes() == shares["numpy int"].tobytes()
    assert len({share.tobytes() for share in shares.values()}) == 4
    again = GlassnetClassifier(**FAST, random_state=np.random.RandomState(5)).fit(X, y)
    assert again.predict_proba(X).tobytes() == shares["RandomState"].tobytes()
    with pytest.raises(GlassnetError, match="random_state must be None"):
        GlassnetClassifier(random_state="five").fit(X, y)


def test_none_is_another_seed_each_time():
    X, y = table(80)
    model = GlassnetClassifier(**FAST, random_state=None)
    assert model.fit(X, y).predict_proba(X).tobytes() != model.fit(X, y).predict_proba(X).tobytes()


def test_no_global_generator_is_touched():
    X, y = table(80)
    np.random.seed(3)
    wanted = np.random.random()
    np.random.seed(3)
    GlassnetClassifier(**FAST, random_state=None).fit(X, y)
    assert np.random.random() == wanted


# ---- more epochs ----


def test_a_warm_start_goes_on_from_the_weights():
    X, y = table()
    few = FAST | {"epochs": 3, "learning_rate": 0.01, "validation_share": 0.0}
    model = GlassnetClassifier(**few, warm_start=True).fit(X, y)
    first = model.model_.epochs["training_loss"].to_list()
    second = model.fit(X, y).model_.epochs["training_loss"].to_list()
    third = model.fit(X, y).model_.epochs["training_loss"].to_list()
    assert first[0] > second[0] > third[0]
    cold = GlassnetClassifier(**few).fit(X, y).fit(X, y)
    assert cold.model_.epochs["training_loss"].to_list() == first


def test_a_warm_start_with_other_columns_is_refused():
    X, y = table()
    model = GlassnetClassifier(**FAST, warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="feature names should match"):
        model.fit(X.rename(columns={"a": "z"}), y)


# ---- more rows ----


def parts(rows: int, size: int):
    X, y = table(rows)
    return [(X.iloc[start : start + size], y[start : start + size]) for start in range(0, rows, size)]


def test_parts_of_a_table_teach_what_the_whole_does():
    X, y = table(600)
    model = GlassnetClassifier(hidden=(16,), learning_rate=0.01, members=1, threads=1)
    losses = []
    for _ in range(10):
        for part, labels in parts(600, 100):
            model.partial_fit(part, labels, classes=["low", "middle", "high"])
        losses.append(
            -np.log(model.predict_proba(X)[np.arange(600), np.unique(y, return_inverse=True)[1]]).mean()
        )
    assert losses[0] > losses[4] > losses[9]
    assert model.score(X, y) > 0.85
    assert model.n_iter_ == 60


def test_a_part_may_lack_classes():
    X, y = table()
    model = GlassnetClassifier(hidden=(8,), members=1, threads=1)
    low = y == "low"
    model.partial_fit(X[low], y[low], classes=["low", "middle", "high"])
    assert model.classes_.tolist() == ["high", "low", "middle"]
    assert model.predict_proba(X).shape == (240, 3)
    model.partial_fit(X, y, classes=["low", "middle", "high"])
    with pytest.raises(
        GlassnetError, match=r"row 1 is of a class that was not named at the start \(high, low"
    ):
        model.partial_fit(X.head(3), ["new", "low", "low"])


def test_a_part_leaves_no_column_out_that_hardly_differs_in_it():
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(size=(400, 1)), rng.random((400, 120)) < 0.02])
    model = GlassnetRegressor(hidden=(4,), members=1, threads=1).partial_fit(X, X[:, 0])
    assert len(model.model_.fitted.schema.inputs) == 121, "the parts to come may differ in them"


@pytest.mark.parametrize("shape", [{"members": 1, "input_scaling": "learned"}, {"members": 2}])
def test_passes_of_scaled_columns_go_on_after_a_file(shape):
    X = np.random.default_rng(0).normal(size=(64, 3))
    model = GlassnetRegressor(hidden=(8,), engine="eager", threads=1, **shape).partial_fit(X, X[:, 0])
    loaded = pickle.loads(pickle.dumps(model))
    loaded.partial_fit(X, X[:, 0])
    assert loaded.n_iter_ == 2
    assert loaded.predict(X).tobytes() != model.predict(X).tobytes()


def test_passes_carry_the_optimisers_memory():
    X = np.random.default_rng(0).normal(size=(64, 3))
    y = X @ [1.0, -2.0, 0.5]
    kept = GlassnetRegressor(hidden=(8,), learning_rate=0.01, members=1, threads=1)
    lost = GlassnetRegressor(hidden=(8,), learning_rate=0.01, members=1, threads=1)
    for number in range(5):
        kept.partial_fit(X, y)
        lost.partial_fit(X, y)
        if number == 2:
            assert kept.predict(X).tobytes() == lost.predict(X).tobytes()
            del lost._going
    assert kept.predict(X).tobytes() != lost.predict(X).tobytes()
    assert np.isfinite(kept.predict(X)).all()


@pytest.mark.parametrize("weights", [None, np.arange(1.0, 65.0)], ids=["even", "weighted"])
def test_numbers_come_in_parts_too(weights):
    X = np.random.default_rng(0).normal(size=(64, 3))
    y = np.stack([X[:, 0], -X[:, 1]], axis=1)
    model = GlassnetRegressor(hidden=(16,), learning_rate=0.02, members=1, threads=1)
    for _ in range(60):
        model.partial_fit(X, y, sample_weight=weights)
    assert model.predict(X).shape == (64, 2)
    assert model.score(X, y) > 0.8


def test_passes_after_fit_go_on_from_it():
    X, y = table()
    model = GlassnetClassifier(**FAST).fit(X, y)
    before = model.predict_proba(X)
    again = copy.deepcopy(model).set_params(learning_rate=0.001).partial_fit(X, y)
    assert np.abs(again.predict_proba(X) - before).max() > 0
    assert again.score(X, y) > 0.7
    assert model.predict_proba(X).tobytes() == before.tobytes()


def test_an_own_module_and_optimiser_take_parts():
    import torch

    X, y = table()
    model = GlassnetClassifier(
        network=Own, optimizer=torch.optim.RMSprop, learning_rate=0.01, members=1, threads=1
    )
    for _ in range(3):
        model.partial_fit(X, y)
    assert through_pickle(model).partial_fit(X, y).score(X, y) > 0.3


# ---- threads ----


def nested_threads(_: int) -> int:
    return threads_here(0)


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_joblibs_workers_do_not_take_all_cores_each(backend):
    assert threads_here(0) == 0
    assert threads_here(3) == 3
    found = Parallel(n_jobs=2, backend=backend)(delayed(nested_threads)(i) for i in range(2))
    cores = joblib.cpu_count()
    assert all(1 <= one <= max(cores // 2, 1) for one in found)


# ---- other processes ----

FRESH = """
import pickle, sys
model = pickle.load(open(sys.argv[1], "rb"))
import numpy as np
rows = np.load(sys.argv[2])
sys.stdout.buffer.write(model.predict_proba(rows).tobytes())
loaded = {name.split(".")[0] for name in sys.modules}
heavy = sorted(loaded & {"duckdb", "click", "rich", "matplotlib", "clevercsv"})
sys.exit(f"imports {heavy}" if heavy else 0)
"""


@pytest.mark.parametrize("members", [1, "auto"])
def test_a_fresh_process_predicts_and_imports_nothing_else(tmp_path, members):
    X = np.random.default_rng(0).normal(size=(240, 3))
    model = GlassnetClassifier(**FAST | {"members": members}).fit(X, (X[:, 0] > 0).astype(int))
    assert (model.model_.fitted.recipe.architecture.members > 1) == (members == "auto")
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    np.save(tmp_path / "rows.npy", X)
    run = subprocess.run(
        [sys.executable, "-c", FRESH, tmp_path / "model.pickle", tmp_path / "rows.npy"],
        capture_output=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr.decode()
    assert run.stdout == model.predict_proba(X).tobytes()


# ---- members that share layers, which the defaults train ----

TEAM = {"hidden": (16,), "members": 4, "sharing": "layers", "threads": 1}


def member_losses(model) -> np.ndarray:
    """Return each member's training loss of each epoch."""
    return model.model_.fitted.trained.history.training_loss_EK


@pytest.mark.parametrize(
    ("before", "after", "sharing"),
    [
        ({"engine": "eager", "folds": 0}, {}, "layers"),
        ({"engine": "eager", "folds": 2}, {}, "layers"),
        ({"engine": "eager", "folds": 2}, {"engine": "fused"}, "layers"),
        ({"engine": "fused", "folds": 2}, {}, "layers"),
        ({"engine": "eager", "folds": 2}, {"folds": 0}, "none"),  # teams of other rows: each by itself
    ],
)
def test_a_team_goes_on_from_its_weights_and_scales(before, after, sharing):
    X, y = table()
    model = GlassnetClassifier(**TEAM, **before, epochs=12, learning_rate=0.01, warm_start=True).fit(X, y)
    losses = member_losses(model)
    again = model.set_params(**after).fit(X, y)
    assert again.model_.fitted.recipe.architecture.sharing == sharing
    assert (member_losses(again)[0] < losses[-1] + 0.15).all()
    assert (member_losses(again)[0] < losses[0] - 0.1).all()


def test_a_team_learns_from_part_to_part():
    X, y = table(600)
    model = GlassnetClassifier(**TEAM, learning_rate=0.02)
    scores = []
    for _ in range(10):
        for part, labels in parts(600, 100):
            model.partial_fit(part, labels, classes=["low", "middle", "high"])
        scores.append(model.score(X, y))
    assert model.model_.fitted.recipe.architecture.sharing == "layers"
    assert scores[-1] > 0.9
    assert all(later > earlier - 0.03 for earlier, later in itertools.pairwise(scores))


def test_learned_factors_of_columns_go_on_from_part_to_part():
    X, y = table(300)
    given = TEAM | {"members": 2, "sharing": "none", "input_scaling": "learned"}
    model = GlassnetClassifier(**given, learning_rate=0.02)
    far = []
    for _ in range(6):
        model.partial_fit(X, y)
        far.append(np.abs(model.model_.fitted.trained.team.scale_KG - 1).max())
    assert far[-1] > 2 * far[0] > 0
    assert through_pickle(model).predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


def test_factors_of_rates_last_from_part_to_part():
    X, y = table(300)
    still = {"first": 0, "hidden": 0, "last": 0, "biases": 0, "embeddings": 0, "scales": 0}
    model = GlassnetClassifier(
        **TEAM | {"hidden": (16, 8), "dropout": 0.0}, learning_rate=0.02, rate_factors=still
    )
    for _ in range(3):
        model.partial_fit(X, y)
    losses = member_losses(model)
    np.testing.assert_allclose(losses[-1], losses[0], rtol=1e-5)  # but for the order of sums
    assert clone(model).get_params()["rate_factors"] == still


@pytest.mark.parametrize("folds", [0, 2])
def test_a_team_takes_parts_after_a_whole_table(folds):
    X, y = table(300)
    model = GlassnetClassifier(**TEAM, folds=folds, epochs=30, learning_rate=0.01).fit(X, y)
    before = model.score(X, y)
    model.set_params(learning_rate=0.001)
    for part, labels in parts(300, 100):
        model.partial_fit(part, labels)
        assert model.score(X, y) > before - 0.05


def by_hand(model, X, member: int) -> np.ndarray:
    """Return a member's probabilities for rows read as its own fold has learned to."""
    fitted = model.model_.fitted
    encoded, _ = encode_rows(fitted, to_polars(X), 0)
    fold = member % fitted.predictor.folds
    output_RT = member_outputs(fitted.predictor, encoded, fold, [member])[0]
    return np.exp(output_RT) / np.exp(output_RT).sum(axis=1, keepdims=True)


def test_in_a_pass_each_member_reads_rows_as_its_own_fold_has_learned():
    X, y = table(300)
    given = TEAM | {"dropout": 0.0, "batch_size": 0, "epochs": 60, "learning_rate": 0.02}
    model = GlassnetClassifier(**given, folds=4, calibrate="none").fit(X, y)
    truth = (np.arange(300), np.searchsorted(model.classes_, y))
    location_FN = model.model_.fitted.preparation.scales.location_FN
    assert len(np.unique(location_FN, axis=0)) == 4
    expected = [-np.log(by_hand(model, X, member)[truth]).mean() for member in range(4)]
    # One batch of all rows and no dropout: the loss of the pass's one step is that of the network before it.
    going = model.set_params(learning_rate=1e-9).partial_fit(X, y).model_.fitted
    np.testing.assert_allclose(going.trained.history.training_loss_EK[-1], expected, rtol=1e-4)
    assert going.preparation.scales.location_FN.tobytes() == location_FN.tobytes()
    assert going.recipe.architecture.sharing == "layers"


@pytest.mark.parametrize("scaling", ["none", "learned"])
@pytest.mark.parametrize(("before", "after"), [(0, 4), (4, 2), (3, 4)])
def test_a_warm_start_may_take_other_folds(before, after, scaling):
    X, y = table(300)
    given = TEAM | {
        "sharing": "none",
        "input_scaling": scaling,
        "epochs": 20,
        "learning_rate": 0.01,
        "warm_start": True,
    }
    model = GlassnetClassifier(**given, folds=before).fit(X, y)
    losses = member_losses(model)
    again = model.set_params(folds=after).fit(X, y)
    assert again.model_.fitted.recipe.folds == after
    assert again.model_.fitted.recipe.architecture.input_scaling == scaling
    assert len(again.model_.fitted.preparation.scales.location_FN) == after
    assert (member_losses(again)[0] < losses[0] - 0.1).all()
    assert again.score(X, y) > 0.9
    assert through_pickle(again).predict_proba(X).tobytes() == again.predict_proba(X).tobytes()


def test_a_warm_start_of_the_defaults_keeps_its_folds():
    X, y = table(400)
    model = GlassnetClassifier(epochs=3, threads=1, warm_start=True).fit(X, y)
    assert model.model_.fitted.recipe.folds > 1
    before = model.model_.fitted.recipe.folds
    assert model.fit(X[:250], y[:250]).model_.fitted.recipe.folds == before
    assert model.model_.fitted.recipe.architecture.sharing == "layers"
    with pytest.raises(GlassnetError, match="members cannot go on in 99 folds, one at least in each"):
        model.set_params(folds=99, members=99).fit(X, y)
