"""Types of arrays, for signatures; and numbers that functions of users give."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dmkit.words.errors import ConfigError

__all__ = ["Bools", "Floats", "Ints", "number_given", "numbers_given"]

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]


def numbers_given(what: str, value: Any, count: int, right: str) -> Floats:
    """What a function gave as ``count`` finite numbers; ConfigError for anything else.

    >>> numbers_given("Campaign.energy", [1, 2j], 2, "one number a device")
    Traceback (most recent call last):
    ...
    dmkit.words.errors.ConfigError: Campaign.energy gave complex128 of shape (2,); it must give one number a device
    """
    try:
        found = np.asarray(value)
    except ValueError:
        raise ConfigError(f"{what} gave lists of several lengths; it must give {right}") from None
    if found.dtype.kind not in "iuf" or found.shape != (count,):
        raise ConfigError(f"{what} gave {found.dtype} of shape {found.shape}; it must give {right}")
    result: Floats = found.astype(np.float64)
    if not np.isfinite(result).all():
        raise ConfigError(f"{what} gave {result[~np.isfinite(result)][0]}; it must give {right}")
    return result


def number_given(what: str, value: Any, right: str) -> float:
    """What a function gave as one number from 0 to below 1e9; ConfigError for anything else."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise ConfigError(f"{what} gave {value!r}; it must give {right}")
    if not 0 <= value < 1e9:
        raise ConfigError(f"{what} gave {value}; it must give {right}")
    return float(value)
