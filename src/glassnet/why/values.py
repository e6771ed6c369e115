"""A prediction taken apart, as a table, a sentence, a picture."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from glassnet.errors import SettingsError
from glassnet.why.words import DOWN, UP, short, signed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN: Final = 15  # columns in a table or picture; the others are summed in one line
NAMED: Final = 0.05  # of the largest part: smaller ones are not named in the sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one column adds to the output."""

    column: str
    cell: str  # its value in the table's words
    part: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """A prediction taken apart: `start` plus all parts plus `remainder` is `output`."""

    prediction: str  # "Survived = 1, probability 0.93"
    about: str  # what the numbers are: "log-odds of Survived = 1", "price"
    start: float  # of the mean training row
    output: float  # of this row
    parts: tuple[Part, ...]  # the largest first
    remainder: float  # what the sum over steps leaves over
    steps: int
    allowed: float  # the remainder that is taken for small

    @property
    def is_exact_enough(self) -> bool:
        """Whether the parts sum to the whole within the tolerance."""
        return abs(self.remainder) <= self.allowed

    def sentence(self) -> str:
        """Return the prediction and its largest reasons in plain words."""
        return _sentence(self)

    def __str__(self) -> str:
        return _table(self)

    def _repr_html_(self) -> str:
        return _html(self)

    def figure(self) -> Figure:
        """Return the parts as bars, the largest on top."""
        from glassnet.why.picture import bars  # here: a value that nobody draws needs no matplotlib

        ends = f"{short(self.start)} for the mean training row, {short(self.output)} here"
        return bars(self.prediction, f"{self.about}: {ends}", _lines(self))

    def save(self, path: str | Path) -> Path:
        """Draw the parts to a .png or .svg file and return its path."""
        target = Path(path)
        if target.suffix.lower() not in (".png", ".svg"):
            raise SettingsError(f"the picture must end in .png or .svg, but it is '{target.name}'.")
        self.figure().savefig(target, dpi=150, metadata={"Date": None} if target.suffix == ".svg" else None)
        return target


def _sentence(found: Why) -> str:
    largest = max((abs(one.part) for one in found.parts), default=0.0)
    least = max(abs(found.remainder), NAMED * largest)
    parts = [one for one in found.parts if abs(one.part) > least]
    up, down = [one for one in parts if one.part > 0][:3], [one for one in parts if one.part < 0][:3]
    way = "above" if found.output >= found.start else "below"
    difference = f"{short(abs(found.output - found.start))} {way}"
    text = f"The network predicts {found.prediction}"
    if found.prediction.startswith(f"{found.about} = "):
        text += f", {difference} the mean training row's {short(found.start)}."
    else:
        text += f". The {found.about} is {short(found.output)}, {difference} the mean training row's."
    moves = [
        f"{_named(some)} {verb}{'' if len(some) > 1 else 's'} it"
        for some, verb in ((up, "raise"), (down, "lower"))
        if some
    ]
    moves = moves if found.output >= found.start else moves[::-1]
    return f"{text} {'; '.join(moves)}." if moves else f"{text} No column moves it."


def _named(parts: list[Part]) -> str:
    names = [f"{one.column} = {one.cell} ({signed(one.part)})" for one in parts]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _lines(found: Why) -> list[tuple[str, str, float]]:
    """Return the columns to show, those beyond the first summed in one line."""
    lines = [(one.column, one.cell, one.part) for one in found.parts[:SHOWN]]
    others = found.parts[SHOWN:]
    if others:
        lines.append((f"{len(others)} others", "", sum(one.part for one in others)))
    return lines


def _closing(found: Why) -> str:
    exact = "" if found.is_exact_enough else " More than the 1 % allowed: read the parts as rough."
    return f"What the sum over {found.steps} steps leaves over: {signed(found.remainder)}.{exact}"


def _table(found: Why) -> str:
    lines = _lines(found)
    names = max(len("mean training row"), *(len(name) for name, _, _ in lines))
    cells = max(5, *(len(cell) for _, cell, _ in lines))
    rows = [f"{name:<{names}}  {cell:<{cells}}  {signed(part):>10}" for name, cell, part in lines]
    return "\n".join(
        [
            f"{found.about[:1].upper()}{found.about[1:]}",
            f"{'mean training row':<{names}}  {'':<{cells}}  {short(found.start):>10}",
            *rows,
            f"{'this row':<{names}}  {'':<{cells}}  {short(found.output):>10}",
            "",
            found.sentence(),
            _closing(found),
        ]
    )


def _html(found: Why) -> str:
    largest = max((abs(part) for _, _, part in _lines(found)), default=0.0) or 1.0
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(cell)}</td><td style='text-align:right'>{signed(part)}</td>"
        f"<td><div style='width:{100 * abs(part) / largest:.0f}px;height:0.8em;"
        f"background:{UP if part >= 0 else DOWN}'></div></td></tr>"
        for name, cell, part in _lines(found)
    )
    return (
        f"<p>{escape(found.sentence())}</p><table><thead><tr><th>column</th><th>value</th><th>part</th>"
        f"<th></th></tr></thead><tbody>{rows}</tbody></table><p>{escape(_closing(found))}</p>"
    )
