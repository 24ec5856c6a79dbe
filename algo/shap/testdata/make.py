"""Explain records with the Python package shap, for the tests to compare with.

    python algo/shap/testdata/make.py corpus.json.gz [SEED]

The archive beside this program was made with seed 0 and requirements.txt;
compare_test.go reads it. A model is two numbers an output and feature, and one an
output and pair of features, so that a program in any language computes the same:
out[k] = act(bias[k] + Σ weight[k][i]·x[i] + Σ pair[k][i][j]·x[i]·x[j]).
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import shap


def answer(model: dict[str, Any], rows: np.ndarray[Any, Any]) -> Any:
    """What a model says of rows."""
    out = np.array(model["bias"]) + rows @ np.array(model["weight"]).T
    out += np.einsum("ri,kij,rj->rk", rows, np.array(model["pair"]), rows)
    return 1 / (1 + np.exp(-out)) if model["sigmoid"] else out


def case(
    rng: np.random.Generator, features: int, baselines: int, outputs: int, **more: Any
) -> dict[str, Any]:
    """One record of one model, and shap's explanation of it."""
    samples, logit, same = more.get("samples", 0), more.get("logit", False), more.get("same", 0)
    model = {
        "sigmoid": logit or more.get("sigmoid", False),
        "bias": rng.normal(size=outputs).round(3).tolist(),
        "weight": rng.normal(size=(outputs, features)).round(3).tolist(),
        "pair": (rng.normal(size=(outputs, features, features)) / features).round(3).tolist(),
    }
    baseline = rng.normal(size=(baselines, features))
    record = rng.normal(size=features)
    baseline[:, :same] = record[:same]
    explainer = shap.KernelExplainer(
        lambda rows: answer(model, rows), baseline, link="logit" if logit else "identity"
    )
    np.random.seed(int(rng.integers(2**31)))  # what shap draws with
    values = explainer.shap_values(
        record[None, :], nsamples=samples or "auto", l1_reg=False, silent=True
    )
    return {
        "model": model,
        "baseline": baseline.tolist(),
        "record": record.tolist(),
        "samples": samples,
        "logit": logit,
        "base": np.atleast_1d(explainer.expected_value).tolist(),
        "values": np.asarray(values)[0].reshape(features, outputs).tolist(),
    }


def main() -> None:
    """Write the archive."""
    rng = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    cases = [
        case(rng, features, baselines, outputs, logit=logit, sigmoid=sigmoid, same=same)
        for features in (1, 2, 3, 5, 8, 11)
        for baselines, outputs, logit, sigmoid, same in (
            (1, 1, False, False, 0),
            (3, 2, False, True, 0),
            (1, 3, True, True, features // 3),
            (4, 1, True, True, 0),
        )
    ]
    for features, samples in ((12, 200), (14, 600), (16, 1000), (16, 0)):
        cases += [case(rng, features, 1, 2, samples=samples, sigmoid=True) for _ in range(8)]
    cases += [case(rng, 70, 1, 1, samples=400) for _ in range(2)]
    # A fixed time, so that the same seed writes the same bytes.
    data = gzip.compress(json.dumps(cases, separators=(",", ":")).encode(), 9, mtime=0)
    Path(sys.argv[1]).write_bytes(data)


if __name__ == "__main__":
    main()
