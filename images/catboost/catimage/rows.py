"""Rows as CatBoost takes them: numbers, and categories as their text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from algorithm.tabular import Categories

if TYPE_CHECKING:
    from algorithm.table import Array

UNKNOWN = "(unknown)"
"""Stands for categories that training has not seen; to the library any new text is one."""


def pool(features: Array, categories: Categories, label: Array | None = None) -> Any:
    """The library's own holder of rows; columns keep their order."""
    import catboost

    if not categories.names:
        return catboost.Pool(features, label)
    rows = features.astype(object)
    for column, names in categories.names.items():
        known = [*names, UNKNOWN]  # -1 is the last one
        rows[:, column] = [known[int(number)] for number in features[:, column]]
    return catboost.Pool(rows, label, cat_features=sorted(categories.names))
