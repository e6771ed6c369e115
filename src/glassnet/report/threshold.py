"""A threshold that can be moved, with the costs it implies: the page's only script.

Without scripts, as in many mail programs, the part stays hidden and the table of thresholds is there. The
page's policy names the script by its hash, so that the browser runs this one and no other.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Final

import numpy as np

from glassnet.evaluate.values import Evaluation
from glassnet.report.curves import roc_curve
from glassnet.report.markup import Html, element, paragraph
from glassnet.report.words import short

STEPS: Final = 100  # thresholds from 0 to 100 %

SCRIPT: Final = """
"use strict";
for (const box of document.querySelectorAll(".threshold")) {
  const data = JSON.parse(box.dataset.counts);
  const part = (name) => box.querySelector(`[data-part="${name}"]`);
  const slider = part("slider"), miss = part("miss"), alarm = part("alarm");
  const count = (x) => x.toLocaleString("en-US", {maximumFractionDigits: Number.isInteger(x) ? 0 : 1});
  const share = (x, of) => of > 0 ? `${(100 * x / of).toFixed(1)} %` : "–";
  const price = (input) => Math.max(0, Number(input.value) || 0);
  const cost = (t) => (data.positive - data.found[t]) * price(miss) + data.alarms[t] * price(alarm);
  const cheapest = () => data.found.reduce((best, _, t) => cost(t) < cost(best) ? t : best,
    Number(slider.defaultValue));
  let waiting = 0;
  const show = () => {
    const t = Number(slider.value), found = data.found[t], alarms = data.alarms[t], best = cheapest();
    const values = {
      value: `${t} %`, found: count(found), missed: count(data.positive - found), alarms: count(alarms),
      passed: count(data.negative - alarms), recall: share(found, data.positive),
      precision: share(found, found + alarms), rate: share(alarms, data.negative), cost: count(cost(t)),
      mean: count(Math.round(1e4 * cost(t) / (data.positive + data.negative)) / 10),
    };
    for (const [name, value] of Object.entries(values)) part(name).textContent = value;
    slider.setAttribute("aria-valuetext", values.value);
    // Said aloud only once the slider rests.
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      part("said").textContent = `Where a miss costs ${count(price(miss))} and a false alarm` +
        ` ${count(price(alarm))}: at ${t} % it finds ${values.found} of ${count(data.positive)} and raises` +
        ` ${values.alarms} false alarms, at a cost of ${values.cost}. The cheapest is ${best} %:` +
        ` ${count(cost(best))}.`;
    }, box.hidden ? 0 : 300);
  };
  for (const input of [slider, miss, alarm]) input.addEventListener("input", show);
  part("best").addEventListener("click", () => { slider.value = cheapest(); show(); });
  show();
  box.hidden = false;
}
"""


def script_source() -> str:
    """Return what a page's policy calls the script: its SHA-256 in base64."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()}'"


def movable_threshold(evaluation: Evaluation, label: str) -> Html:
    """Return the part with a slider for the second of two classes, hidden until its script runs."""
    counts, name = threshold_counts(evaluation), short(label, 30)
    start = str(round(STEPS * evaluation.threshold))
    slider = {
        "type": "range",
        "min": "0",
        "max": str(STEPS),
        "step": "1",
        "value": start,
        "data-part": "slider",
    }
    return element(
        "div",
        element("h3", "What errors cost"),
        paragraph(f"Move the threshold: from which probability on should a row be called ‘{name}’?"),
        element(
            "div",
            element("label", "Threshold ", _part("output", "value"), element("input", marks=slider)),
            _cost("A miss costs", "miss"),
            _cost("A false alarm costs", "alarm"),
            element("button", "Cheapest threshold", marks={"type": "button", "data-part": "best"}),
            marks={"class": "controls"},
        ),
        _matrix(name),
        _figures(),
        element("p", "", marks={"role": "status", "data-part": "said"}),
        marks={"class": "threshold", "hidden": "", "data-counts": json.dumps(counts, separators=(",", ":"))},
    )


def threshold_counts(evaluation: Evaluation) -> dict[str, object]:
    """Return the rows found and the false alarms at each whole percent, and the rows of both classes."""
    weight_R, is_class_R = evaluation.weight_R, evaluation.truth == 1
    curve = roc_curve(is_class_R, evaluation.prediction_RP[:, 1], weight_R)
    positive = float(weight_R[is_class_R].sum())
    negative = float(weight_R.sum()) - positive
    places = [max(curve.place(step / STEPS), 0) for step in range(STEPS + 1)]
    return {
        "positive": _short(positive),
        "negative": _short(negative),
        "found": [_short(float(one) * positive) for one in curve.found[places]],
        "alarms": [_short(float(one) * negative) for one in curve.alarm[places]],
    }


def _short(value: float) -> float | int:
    """Return a sum of weights with four digits, a count as a whole number."""
    rounded = float(np.round(value, 4))
    return int(rounded) if rounded.is_integer() else rounded


def _part(tag: str, name: str) -> Html:
    return element(tag, "", marks={"data-part": name})


def _cost(words: str, name: str) -> Html:
    marks = {"type": "number", "min": "0", "step": "any", "value": "1", "data-part": name}
    return element("label", f"{words} ", element("input", marks=marks))


def _matrix(name: str) -> Html:
    marks = {"scope": "col", "class": "number"}
    named = (element("th", one, marks=marks) for one in (f"called ‘{name}’", "not"))
    head = element("tr", element("td", ""), *named)

    def row(words: str, *parts: str) -> Html:
        cells = (element("td", marks={"class": "number", "data-part": one}) for one in parts)
        return element("tr", element("th", words, marks={"scope": "row"}), *cells)

    body = element("tbody", row(f"‘{name}’", "found", "missed"), row("others", "alarms", "passed"))
    caption = element("caption", element("span", "Rows at this threshold"))
    return element("table", caption, element("thead", head), body)


def _figures() -> Html:
    named = (
        ("found (recall)", "recall"),
        ("of these right (precision)", "precision"),
        ("false alarms of the others", "rate"),
        ("cost", "cost"),
        ("cost of 1,000 rows", "mean"),
    )
    return element("dl", *(element("div", element("dt", words), _part("dd", name)) for words, name in named))
