"""Where the boxes of a graph stand, left to right, with few crossings.

The layered method of Sugiyama, Tagawa and Toda (IEEE Trans. SMC 1981): boxes are put in layers by
their longest path, long edges get a waypoint in every layer they cross, each layer is sorted by the
mean place of its neighbours in sweeps to and fro, and the places are then pulled straight.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

SWEEPS: Final = 24
PULLS: Final = 40
WAYPOINT_HEIGHT: Final = 0.35  # of a box

Link = tuple[int, int]  # from, to
Way = tuple[int, ...]  # the boxes and waypoints of one link, from left to right


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """Places: the layer from the left, and the height in boxes from the top."""

    layer: Mapping[int, int]  # of every box and waypoint
    height: Mapping[int, float]  # its middle, in boxes; the top box is at 0 or above
    ways: Mapping[Link, Way]
    layers: int


def lay_out(count: int, links: Sequence[Link]) -> Layout:
    """Return the layout of boxes 0 .. count-1; each link goes from a box to one that depends on it."""
    unique = sorted(set(links))
    layer = _layers(count, unique)
    ways = _ways(count, unique, layer)
    rows = _rows(layer)
    short_links = [pair for way in ways.values() for pair in pairwise(way)]
    rows = _uncrossed(rows, short_links)
    return Layout(
        layer=layer,
        height=_heights(rows, short_links, count),
        ways=ways,
        layers=max(layer.values(), default=0) + 1,
    )


def crossings(rows: Sequence[Sequence[int]], links: Sequence[Link]) -> int:
    """Return how many pairs of links between neighbouring layers cross."""
    place = {box: i for row in rows for i, box in enumerate(row)}
    layer = {box: i for i, row in enumerate(rows) for box in row}
    by_layer: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for start, end in links:
        by_layer[layer[start]].append((place[start], place[end]))
    return sum(
        (a - c) * (b - d) < 0
        for ends in by_layer.values()
        for i, (a, b) in enumerate(ends)
        for c, d in ends[i + 1 :]
    )


def _layers(count: int, links: Sequence[Link]) -> dict[int, int]:
    """Return each box's layer: the longest path to it; those without inputs stand beside their first use."""
    inputs: dict[int, list[int]] = defaultdict(list)
    outputs: dict[int, list[int]] = defaultdict(list)
    for start, end in links:
        inputs[end].append(start)
        outputs[start].append(end)
    layer: dict[int, int] = {}
    for box in _after_inputs(count, inputs):
        layer[box] = 1 + max((layer[one] for one in inputs[box]), default=-1)
    for box in range(count):
        if not inputs[box] and outputs[box]:
            layer[box] = min(layer[one] for one in outputs[box]) - 1
    return layer


def _after_inputs(count: int, inputs: Mapping[int, list[int]]) -> list[int]:
    order: dict[int, None] = {}
    waiting = [(box, False) for box in reversed(range(count))]
    while waiting:
        box, is_ready = waiting.pop()
        if box in order:
            continue
        if is_ready:
            order[box] = None
        else:
            waiting.append((box, True))
            waiting.extend((one, False) for one in inputs.get(box, []) if one not in order)
    return list(order)


def _ways(count: int, links: Sequence[Link], layer: dict[int, int]) -> dict[Link, Way]:
    """Return each link's way, with a new waypoint (entered in `layer`) in every layer it crosses."""
    ways: dict[Link, Way] = {}
    fresh = count
    for start, end in links:
        between = range(layer[start] + 1, layer[end])
        waypoints = tuple(range(fresh, fresh + len(between)))
        layer.update(zip(waypoints, between, strict=True))
        fresh += len(between)
        ways[start, end] = (start, *waypoints, end)
    return ways


def _rows(layer: Mapping[int, int]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(max(layer.values(), default=0) + 1)]
    for box in sorted(layer):
        rows[layer[box]].append(box)
    return rows


def _uncrossed(rows: list[list[int]], links: Sequence[Link]) -> list[list[int]]:
    """Return the rows sorted by the mean place of their neighbours, the best of all sweeps."""
    before, after = _neighbours(links)
    best, fewest = [list(row) for row in rows], crossings(rows, links)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        towards, indices = (
            (before, range(1, len(rows))) if sweep % 2 == 0 else (after, range(len(rows) - 2, -1, -1))
        )
        place = {box: float(i) for row in rows for i, box in enumerate(row)}
        for index in indices:
            middle = {box: _mean([place[one] for one in towards[box]], place[box]) for box in rows[index]}
            rows[index].sort(key=middle.__getitem__)
            place.update({box: float(i) for i, box in enumerate(rows[index])})
        rows = _swapped(rows, links)
        if (now := crossings(rows, links)) < fewest:
            best, fewest = [list(row) for row in rows], now
    return best


def _swapped(rows: list[list[int]], links: Sequence[Link]) -> list[list[int]]:
    """Return the rows after swapping every pair of neighbours that crosses less the other way round."""
    near: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        near[link[0]].append(link)
        near[link[1]].append(link)
    for row in rows:
        for i in range(len(row) - 1):
            own = near[row[i]] + near[row[i + 1]]
            old = crossings(rows, own)
            row[i], row[i + 1] = row[i + 1], row[i]
            if crossings(rows, own) >= old:
                row[i], row[i + 1] = row[i + 1], row[i]
    return rows


def _neighbours(links: Sequence[Link]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    before: dict[int, list[int]] = defaultdict(list)
    after: dict[int, list[int]] = defaultdict(list)
    for start, end in links:
        after[start].append(end)
        before[end].append(start)
    return before, after


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _heights(rows: Sequence[Sequence[int]], links: Sequence[Link], count: int) -> dict[int, float]:
    """Return heights near the mean of the neighbours, in the order of each row and with room for each box."""
    before, after = _neighbours(links)
    height = {box: float(i) for row in rows for i, box in enumerate(row)}
    for pull in range(PULLS):
        forward = pull % 2 == 0
        for row in rows if forward else reversed(rows):
            # Waypoints count twice: a bent long line disturbs more than a box out of line.
            near = {
                box: (before[box] or after[box]) if forward else (after[box] or before[box]) for box in row
            }
            wish = [_mean([height[one] for one in near[box]], height[box]) for box in row]
            height.update(zip(row, _spaced(row, wish, count), strict=True))
    top = min(height.values(), default=0.0)
    return {box: value - top for box, value in height.items()}


def _spaced(row: Sequence[int], wish: Sequence[float], count: int) -> list[float]:
    """Return the places nearest to the wishes (least squares) that keep order and room: merged blocks."""
    room = [_room(a, b, count) for a, b in pairwise(row)]
    offset = [sum(room[:i]) for i in range(len(row))]
    blocks: list[list[float]] = []  # sum of the wishes less the offsets, and how many
    for want, shift in zip(wish, offset, strict=True):
        blocks.append([want - shift, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, size = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + size]
    base = [total / size for total, size in blocks for _ in range(int(size))]
    return [start + shift for start, shift in zip(base, offset, strict=True)]


def _room(one: int, other: int, count: int) -> float:
    return sum(0.5 if box < count else 0.5 * WAYPOINT_HEIGHT for box in (one, other))
