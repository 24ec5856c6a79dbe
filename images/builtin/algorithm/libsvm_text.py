"""The libsvm format: one row a line, only the features that are not zero."""

from __future__ import annotations

from array import array

from algorithm.contract import UserError
from algorithm.table import Table, shorten


def parse_libsvm(content: bytes, name: str) -> Table:
    """Rows of label[:weight] [qid:n] index:value …, indices from zero as SageMaker documents."""
    import numpy as np
    from scipy import sparse

    labels, weights, values = array("f"), array("f"), array("f")
    indices, starts, queries = array("l"), array("l", [0]), array("l")
    weighted = False
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        tokens = line.partition(b"#")[0].split()
        if not tokens:
            continue
        token = tokens[0]
        try:
            label, colon, weight = token.partition(b":")
            labels.append(_finite_float(label))
            weights.append(_finite_float(weight) if colon else 1.0)
            weighted = weighted or bool(colon)
            for token in tokens[1:]:
                index, _, value = token.partition(b":")
                if index == b"qid":
                    queries.append(int(value))
                    continue
                position = int(index)
                if position < 0:
                    raise ValueError
                indices.append(position)
                values.append(_finite_float(value))
        except (ValueError, OverflowError):
            shown = shorten(token.decode("utf-8", "replace"))
            raise UserError(
                f"File {name} is not libsvm text: line {number} holds {shown!r}, where a row is "
                f"LABEL[:WEIGHT] INDEX:VALUE INDEX:VALUE … with numbers only."
            ) from None
        starts.append(len(indices))
    rows = len(labels)
    if len(queries) not in (0, rows):
        raise UserError(
            f"File {name} has a qid on {len(queries)} of {rows} rows: give all or none."
        )
    features = sparse.csr_matrix(
        (
            np.frombuffer(values, dtype=np.float32),
            np.frombuffer(indices, dtype=np.int64),
            np.frombuffer(starts, dtype=np.int64),
        ),
        shape=(rows, max(indices, default=-1) + 1),
    )
    return Table(
        features,
        np.array(labels, dtype=np.float32),
        np.array(weights, dtype=np.float32) if weighted else None,
        np.array(queries, dtype=np.int64) if queries else None,
    )


def _finite_float(text: bytes) -> float:
    value = float(text)
    if not abs(value) <= 3.4028235e38:
        raise ValueError
    return value
