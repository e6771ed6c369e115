"""The handle: labels in their own type, frames of predictions, chunks that agree, words where it cannot."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from glassnet.errors import SettingsError, SourceError
from glassnet.model import fit
from glassnet.settings import Settings

TARGETS = ("score", "more", "rich", "level", "left", "right")
SMALL = Settings(hidden=(8,), epochs=3, threads=1)


def model_of(mixed, *targets: str, **changes: object):
    table = mixed(120, 4).drop([name for name in TARGETS if name not in targets])
    return fit(table, targets, settings=replace(SMALL, **changes)), table


def test_repr_says_what_it_is(mixed):
    model, _ = model_of(mixed, "level")
    assert repr(model).startswith("<glassnet model of 'level' in ")
    assert ": multiclass, accuracy 0." in repr(model)


def test_epochs_have_a_row_per_epoch_and_member(mixed):
    model, _ = model_of(mixed, "rich", members=2, validation_share=0.2)
    epochs = model.epochs
    assert epochs.columns == ["epoch", "member", "training_loss", "validation_loss", "metric", "seconds"]
    assert epochs["epoch"].to_list() == [1, 1, 2, 2, 3, 3]
    assert epochs["member"].to_list() == [1, 2] * 3
    trained = model.fitted.trained.history
    assert epochs.filter(member=2)["training_loss"].to_list() == trained.training_loss_EK[:, 1].tolist()
    losses = model.history.filter(quantity="validation_loss", member=1)
    assert losses["value"].to_list() == trained.validation_loss_EK[:, 0].tolist()


def test_labels_and_probabilities_by_task(mixed):
    model, table = model_of(mixed, "level")
    share = model.predict_proba(table)
    labels = np.array(model.fitted.schema.targets[0].labels)
    assert model.predict(table).tolist() == labels[share.argmax(axis=1)].tolist()
    model, table = model_of(mixed, "left", "right", task="multilabel")
    assert model.predict(table).shape == model.predict_proba(table).shape == (120, 2)
    assert model.predict(table).dtype == bool
    np.testing.assert_array_equal(model.predict(table), model.predict_proba(table) >= 0.5)
    model, table = model_of(mixed, "score", "more")
    assert model.predict(table).shape == (120, 2)
    with pytest.raises(SettingsError, match="this model predicts numbers"):
        model.predict_proba(table)


def test_a_prediction_frame_names_everything(mixed):
    model, table = model_of(mixed, "level")
    frame, unread = model.prediction_frame(table.drop("level"), 0, ["city"])
    assert unread == ()
    assert frame.columns == [
        "row", "city", "prediction", "probability_high", "probability_low", "probability_middle",
    ]  # fmt: skip
    assert frame["row"].to_list() == list(range(1, 121))
    with pytest.raises(SourceError, match=r"no column 'cty' to keep\. Did you mean 'city'\?"):
        model.prediction_frame(table, 0, ["cty"])


def test_names_that_collide_stay_apart(mixed):
    table = mixed(120, 4).select("age", "income", "rich").rename({"age": "prediction", "income": "row"})
    model = fit(table, "rich", settings=SMALL)
    frame, _ = model.prediction_frame(table, 0, ["prediction", "row"])
    assert len(set(frame.columns)) == len(frame.columns) == 6


def test_chunks_of_a_file_are_the_whole_file(mixed, tmp_path):
    model, table = model_of(mixed, "rich")
    table.write_csv(tmp_path / "t.csv")
    parts = list(model.predict_chunks(tmp_path / "t.csv"))
    frame = pl.concat([part for part, _ in parts])
    assert frame["row"].to_list() == list(range(1, 121))
    shares = frame.select("probability_no", "probability_yes").to_numpy()
    assert shares.tobytes() == model.predict_proba(tmp_path / "t.csv").tobytes()


def test_test_predictions_are_of_the_test_rows(mixed):
    model, table = model_of(mixed, "rich", keep=("city",))
    frame = model.test_predictions()
    rows = frame["row"].to_numpy() - 1
    assert frame["truth"].to_list() == table["rich"].to_numpy()[rows].tolist()
    assert frame["city"].to_list() == [table["city"][int(row)] for row in rows]
    assert frame["prediction"].to_list() == model.predict(table[rows]).tolist()


def test_cells_that_cannot_be_read_are_counted(mixed):
    model, table = model_of(mixed, "rich")
    broken = table.with_columns(age=pl.Series(["forty", *["41"] * 119]))
    frame, unread = model.prediction_frame(broken)
    assert frame.height == 120
    assert [(one.column, one.count, one.first, one.row) for one in unread] == [("age", 1, "forty", 0)]


def test_a_missing_input_is_named(mixed):
    model, table = model_of(mixed, "rich")
    with pytest.raises(SourceError, match="'street'"):
        model.predict(table.drop("street"))


def test_settings_may_be_given_by_name_or_as_a_value(mixed):
    table = mixed(60, 4).select("age", "income", "rich")
    by_name = fit(table, "rich", hidden=[8], epochs=3, threads=1)
    by_value = fit(table, settings=replace(SMALL, target=("rich",)))
    assert by_name.predict_proba(table).tobytes() == by_value.predict_proba(table).tobytes()
    with pytest.raises(SettingsError, match="no setting is called 'epoch'"):
        fit(table, "rich", epoch=3)


def test_plot_loss_draws_on_the_axes_given(mixed):
    from matplotlib.figure import Figure

    model, _ = model_of(mixed, "rich")
    axes = Figure().add_subplot()
    assert model.plot_loss(axes) is axes
    assert axes.lines


def test_rows_are_not_scored_by_weights_that_are_none() -> None:
    table = {"x": [float(i) for i in range(40)], "y": [i % 2 for i in range(40)], "w": [1.0, 2.0] * 20}
    model = fit(table, "y", weight="w", epochs=1, hidden=(4,), members=1, threads=1)
    assert model.evaluate(table | {"w": [0.0, 1.0] * 20}).scores
    with pytest.raises(SourceError, match="weight column 'w' is 0 in every row"):
        model.evaluate(table | {"w": [0.0] * 40})
    with pytest.raises(SourceError, match="weight column 'w' is missing in row 3"):
        model.evaluate(table | {"w": [1.0, 1.0, None, 1.0] * 10})
