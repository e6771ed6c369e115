"""A prediction depends on the row alone: not on its neighbours, the order, the process or the chunks."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from glassnet.model import Model, fit
from glassnet.predict import BLOCK, finish, network_outputs, torch_threads
from glassnet.prepare.assemble import apply, encode
from glassnet.settings import Settings
from glassnet.table.cells import conform

OTHERS = ("more", "rich", "level", "left", "right")
SMALL = Settings(epochs=2, hidden=(24, 16), members=2, one_hot=6, threads=1)


# Compiled code predicts the one, torch the other.
@pytest.fixture(scope="module", params=["relu", "gelu"])
def model(mixed, request) -> Model:
    return fit(mixed(300, 1), "score", drop=OTHERS, settings=replace(SMALL, activation=request.param))


@pytest.fixture(scope="module")
def many(mixed) -> pl.DataFrame:
    return mixed(2 * BLOCK + 37, 2).drop("score", *OTHERS)


@pytest.fixture(scope="module")
def whole(model, many) -> np.ndarray:
    return model.predict(many)


@given(cuts=st.lists(st.integers(0, 2 * BLOCK + 37), max_size=3))
@hypothesis_settings(max_examples=10, deadline=None)
def test_chunks_change_no_byte(model, many, whole, cuts):
    ends = [0, *sorted(set(cuts)), many.height]
    parts = [model.predict(many[a:b]) for a, b in pairwise(ends) if b > a]
    assert np.concatenate(parts).tobytes() == whole.tobytes()


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 2 * BLOCK))
@hypothesis_settings(max_examples=10, deadline=None)
def test_orders_and_subsets_change_no_byte(model, many, whole, seed, count):
    places = np.random.default_rng(seed).permutation(many.height)[:count]
    assert model.predict(many[places]).tobytes() == whole[places].tobytes()


@pytest.mark.parametrize("row", [0, 1, BLOCK - 1, BLOCK, 2 * BLOCK + 36])
def test_a_single_row_is_what_it_was_among_many(model, many, whole, row):
    assert model.predict(many[[row]]).tobytes() == whole[[row]].tobytes()


def test_the_order_of_columns_and_extra_ones_change_no_byte(model, many, whole):
    moved = many.select(reversed(many.columns)).with_columns(extra=pl.lit("x"), score=pl.lit(1e9))
    assert model.predict(moved).tobytes() == whole.tobytes()


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_change_no_byte(model, many, whole, threads):
    before = torch.get_num_threads()
    settings = replace(model.fitted.settings, threads=threads)
    other = Model(replace(model.fitted, settings=settings))
    with torch_threads(threads):
        assert other.predict(many).tobytes() == whole.tobytes()
        assert torch.get_num_threads() == threads
    assert torch.get_num_threads() == before


def test_the_runs_own_test_rows_are_predicted_alike(mixed):
    table = mixed(300, 3)
    one = fit(table, "rich", drop=("score", "more", "level", "left", "right"), settings=SMALL)
    rows = one.fitted.evaluated_rows
    assert one.predict_proba(table[rows]).tobytes() == one.fitted.evaluation.prediction_RP.tobytes()


PROGRAM = """
import hashlib, sys
import glassnet, polars
model = glassnet.load(sys.argv[1])
print(hashlib.sha256(model.predict(polars.read_parquet(sys.argv[2])).tobytes()).hexdigest())
"""


def test_a_new_process_predicts_the_same_bytes(model, many, whole, tmp_path):
    many.write_parquet(tmp_path / "many.parquet")
    path = model.save(tmp_path / "m.glassnet")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path), str(tmp_path / "many.parquet")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(whole.tobytes()).hexdigest()


def test_no_rows_are_no_predictions(model, many):
    assert model.predict(many[:0]).shape == (0,)


def test_predicting_leaves_the_network_as_it_was(model, many):
    model.network.train()
    model.predict(many[:5])
    assert model.network.training
    model.network.eval()


def test_the_prediction_is_the_mean_of_the_members(model, many):
    predictor = model.fitted.predictor
    conformed, _ = conform(many, model.fitted.schema)
    output = network_outputs(predictor, encode(conformed, predictor.preparation.encoding))
    target = predictor.preparation.target
    by_member = output[..., 0] * target.scale_FT[0, 0] + target.location_FT[0, 0]
    assert by_member.shape == (2, many.height)
    np.testing.assert_array_equal(model.predict(many), (by_member[0] + by_member[1]) / 2)
    alone = finish(replace(predictor, members=(1,)), output)
    np.testing.assert_array_equal(alone[:, 0], by_member[1])


def test_members_of_folds_predict_with_their_own_preparation(mixed):
    table = mixed(200, 5)
    folded = fit(table, "score", drop=OTHERS, settings=replace(SMALL, members=3, folds=3))
    predictor = folded.fitted.predictor
    conformed, _ = conform(table, folded.fitted.schema)
    encoded = encode(conformed, predictor.preparation.encoding)
    target = predictor.preparation.target
    assert len(set(target.location_FT[:, 0])) == 3
    values = []
    for k in range(3):
        inputs = apply(encoded, predictor.preparation, k)
        with torch.no_grad():
            dense = torch.from_numpy(inputs.dense_RD).expand(3, -1, -1)
            slots = torch.from_numpy(inputs.slot_RE).long().expand(3, -1, -1)
            output = folded.network(dense, slots)[k, :, 0].double().numpy()
        values.append(output * target.scale_FT[k, 0] + target.location_FT[k, 0])
    # The product of another number of rows may round otherwise, by float32's last bits.
    np.testing.assert_allclose(folded.predict(table), sum(values) / 3, atol=1e-4, rtol=0)
    assert np.abs(values[0] - values[1]).max() > 1e-2
