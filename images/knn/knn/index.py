"""The index of neighbours: what goes into it and what it answers."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from algorithm.contract import Paths, UserError
from algorithm.training import save
from knn.reduction import Reduction

if TYPE_CHECKING:
    from algorithm.table import Array

NAME = "model_algo-1"
"""The index; .labels beside it holds float32 labels and .json the rest, as SageMaker has them."""


@dataclass
class Neighbours:
    """An index with the labels of its points."""

    index: Any
    labels: Array
    k: int
    predictor_type: str
    metric: str
    reduction: Reduction | None
    pad: int
    """Zeros that are added to a row, so that product quantization can divide it."""
    width: int

    def search(self, rows: Array) -> tuple[Array, Array]:
        """Distances (similarities, unless the metric is L2) and labels of the k neighbours."""
        import numpy as np

        values, places = self.index.search(prepare(rows, self), min(self.k, self.index.ntotal))
        if self.metric == "L2":
            values = np.sqrt(np.maximum(values, 0))
        # A search of some lists only can find fewer than k: the nearest stands in.
        places = np.where(places < 0, places[:, :1], places)
        return values, self.labels[np.maximum(places, 0)]

    def predict(self, labels: Array) -> Array:
        """One label for each row of neighbours' labels: the most frequent, or their mean."""
        import numpy as np

        if self.predictor_type == "regressor":
            mean: Array = labels.mean(axis=1)
            return mean
        classes, numbers = np.unique(labels, return_inverse=True)
        numbers = numbers.reshape(labels.shape)
        votes = np.zeros((len(labels), len(classes)), np.int32)
        for column in numbers.T:
            votes[np.arange(len(labels)), column] += 1
        best: Array = classes[votes.argmax(axis=1)]
        return best

    def write(self, paths: Paths) -> None:
        """Save the three files of the model."""
        about = {
            "k": self.k,
            "predictor_type": self.predictor_type,
            "dimension_reduction": asdict(self.reduction) if self.reduction else None,
            "normalize": self.metric == "COSINE",
            "index_metric": self.metric,
            "pad": self.pad,
            "feature_dim": self.width,
            "version": "1.0",
        }
        save(paths.model, NAME, library().serialize_index(self.index).tobytes())
        save(paths.model, f"{NAME}.labels", self.labels.astype("<f4").tobytes())
        save(paths.model, f"{NAME}.json", json.dumps(about, indent=1).encode())

    @classmethod
    def load(cls, paths: Paths) -> Neighbours:
        """Load the model of a job; k and predictor_type may have been edited in its .json."""
        import numpy as np

        faiss = library()
        try:
            about = json.loads((paths.model / f"{NAME}.json").read_bytes())
            content = np.frombuffer((paths.model / NAME).read_bytes(), np.uint8)
            labels = np.frombuffer((paths.model / f"{NAME}.labels").read_bytes(), "<f4")
            reduction = about["dimension_reduction"]
            return cls(
                index=faiss.deserialize_index(content),
                labels=labels,
                k=int(about["k"]),
                predictor_type=about["predictor_type"],
                metric=about["index_metric"],
                reduction=Reduction(**reduction) if reduction else None,
                pad=int(about["pad"]),
                width=int(about["feature_dim"]),
            )
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            raise UserError(f"{paths.model} holds no model of k-NN: {error}.") from error


def prepare(rows: Array, settings: Neighbours) -> Array:
    """Rows as the index takes them: normalized, projected, padded."""
    import numpy as np

    rows = np.ascontiguousarray(rows, np.float32)
    if settings.reduction:
        rows = settings.reduction.apply(rows)
    if settings.metric == "COSINE":
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        rows = rows / np.where(lengths > 0, lengths, 1)
    if settings.pad:
        rows = np.pad(rows, ((0, 0), (0, settings.pad)))
    return np.ascontiguousarray(rows, np.float32)


def library() -> Any:
    """Faiss, without its report of which instructions it found."""
    logging.getLogger("faiss.loader").setLevel(logging.WARNING)
    import faiss

    return faiss


def build(kind: str, points: Array, metric: str, lists: int, parts: int) -> Any:
    """A trained index that holds the points."""
    faiss = library()
    inner = faiss.METRIC_L2 if metric == "L2" else faiss.METRIC_INNER_PRODUCT
    width = points.shape[1]
    index: Any = faiss.IndexFlat(width, inner)
    if kind != "faiss.Flat":
        coarse = index
        index = (
            faiss.IndexIVFFlat(coarse, width, lists, inner)
            if kind == "faiss.IVFFlat"
            else faiss.IndexIVFPQ(coarse, width, lists, parts, 8)
        )
        index.own_fields = True
        coarse.this.disown()
        # Without warnings about few points for a center: they were checked before.
        index.cp.min_points_per_centroid = 1
        index.nprobe = max(1, round(lists**0.5))
        index.train(points)
    index.add(points)
    return index
