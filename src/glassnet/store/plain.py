"""Frozen values to JSON and arrays, and back by their declared types.

| value | JSON |
|---|---|
| dataclass | object of its fields, but for networks and frames, which have their own place |
| array | `{"array": name}`; the numbers are a tensor of that name |
| long tuple of texts | `{"text": name}`; UTF-8 bytes `name/bytes` and `name/offsets` |
| number that is not finite | `{"float": "inf"}` |
| a user's own function or class | `{"own": "module.name"}`: the name alone, never code |
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

import numpy as np
import polars as pl
from numpy.typing import NDArray
from torch import nn

from glassnet.errors import ModelFileError
from glassnet.model_file import pack_text, unpack_text

LONG: Final = 32  # texts in a tuple from which on they are packed
Arrays = dict[str, NDArray[Any]]


def to_plain(value: object, arrays: Arrays, place: str) -> Any:
    """Return the value as JSON can hold it; arrays are added to `arrays` under names below `place`."""
    if isinstance(value, str | bool | int | float | Enum | np.generic | None):
        return _scalar_to_plain(value)
    if isinstance(value, np.ndarray):
        arrays[place] = value
        return {"array": place}
    if is_dataclass(value) and not isinstance(value, type):
        # By the declared type: a user's own module may also stand where a name does, and is kept as a name.
        hints = get_type_hints(type(value))
        kept = [f for f in fields(value) if hints[f.name] not in (nn.Module, pl.DataFrame)]
        return {f.name: to_plain(getattr(value, f.name), arrays, f"{place}/{f.name}") for f in kept}
    if isinstance(value, Mapping):
        return {str(key): to_plain(one, arrays, f"{place}/{key}") for key, one in value.items()}
    if isinstance(value, tuple | list):
        return _tuple_to_plain(tuple(value), arrays, place)
    named = value if hasattr(value, "__qualname__") else type(value)
    return {"own": f"{named.__module__}.{named.__qualname__}"}


def _scalar_to_plain(value: object) -> Any:
    """Return one number, text, flag or member of an enumeration; numbers not finite in words."""
    if isinstance(value, Enum):
        return value.value
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if not isinstance(plain, float) or math.isfinite(plain) else {"float": str(plain)}


def _tuple_to_plain(value: tuple[Any, ...], arrays: Arrays, place: str) -> Any:
    if len(value) >= LONG and all(type(one) is str for one in value):
        arrays[f"{place}/bytes"], arrays[f"{place}/offsets"] = pack_text(value)
        return {"text": place}
    return [to_plain(one, arrays, f"{place}/{number}") for number, one in enumerate(value)]


def from_plain(hint: Any, data: Any, arrays: Mapping[str, NDArray[Any]], given: Mapping[str, Any]) -> Any:
    """Return the value of type `hint` that `to_plain` wrote as `data`.

    `given` are fields that the file does not hold (networks, frames), by name. Raises ModelFileError where
    the data does not have the declared shape.
    """
    if isinstance(data, dict) and len(data) == 1 and (special := _special(data, arrays)) is not None:
        return special
    if is_dataclass(hint):
        return _dataclass(hint, data, arrays, given)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(data)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return from_plain(_arm(inner, data), data, arrays, given)
    if origin is tuple or (isinstance(data, list) and hint is Any):
        return _tuple(inner, data, arrays, given)
    if origin is not None and isinstance(data, dict):
        return {key: from_plain(inner[1], one, arrays, given) for key, one in data.items()}
    return data


def _special(data: dict[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return what an object of one marked key stands for; None where it is a plain one."""
    kind, name = next(iter(data.items()))
    if not isinstance(name, str):
        return None
    if kind == "array":
        if name not in arrays:
            raise ModelFileError(f"the model file lacks the tensor '{name}' that its header names.")
        return arrays[name]
    if kind == "text":
        return unpack_text(arrays[f"{name}/bytes"], arrays[f"{name}/offsets"])
    if kind == "float":
        return float(name)
    return name if kind == "own" else None


def _dataclass(hint: Any, data: Any, arrays: Mapping[str, NDArray[Any]], given: Mapping[str, Any]) -> Any:
    if not isinstance(data, dict):
        raise ModelFileError(f"the model file holds no {hint.__name__} where one belongs.")
    hints = get_type_hints(hint)
    values: dict[str, Any] = {}
    for one in fields(hint):
        if one.name in data:
            values[one.name] = from_plain(hints[one.name], data[one.name], arrays, given)
        elif one.name in given:
            values[one.name] = given[one.name]
        elif one.default is MISSING and one.default_factory is MISSING:
            raise ModelFileError(f"the model file lacks '{one.name}' of its {hint.__name__}.")
    return hint(**values)


def _arm(arms: tuple[Any, ...], data: Any) -> Any:
    """Return the member of a union that the data was written from: by its JSON type."""
    for arm in arms:
        origin = get_origin(arm)
        if isinstance(data, list) and origin is tuple:
            return arm
        if isinstance(data, dict) and is_dataclass(arm):
            return arm
        if origin is Literal and data in get_args(arm):
            return arm
    return Any


def _tuple(
    inner: tuple[Any, ...], data: Any, arrays: Mapping[str, NDArray[Any]], given: Mapping[str, Any]
) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise ModelFileError(f"the model file holds {type(data).__name__} where a list belongs.")
    if not inner or (len(inner) == 2 and inner[1] is Ellipsis):
        hints = [inner[0] if inner else Any] * len(data)
    else:
        hints = list(inner)
    return tuple(from_plain(hint, one, arrays, given) for hint, one in zip(hints, data, strict=True))
