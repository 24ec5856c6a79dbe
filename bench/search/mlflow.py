"""Fills MLflow's tables with the runs that seed.go describes, and asks its store.

Reads one JSON object on standard input, answers one on standard output.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

import mlflow
from mlflow.entities import ViewType
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

HYPERPARAMETERS, METRICS = 30, 10


def value(i: int, k: int) -> float:
    """What run i has as its k-th number."""
    return ((i * 7919 + k * 104729 + i * i % 997 * k) % 1000) / 1000


def parameters(i: int) -> dict[str, str]:
    """The hyperparameters of run i."""
    named = {
        "learning_rate": f"{value(i, 0):.3f}",
        "batch_size": str(16 << i % 5),
        "optimizer": ("adam", "sgd", "rmsprop")[i % 3],
    }
    rest = {f"h{k:02d}": f"{value(i, k):.3f}" for k in range(len(named), HYPERPARAMETERS)}
    return named | rest


def metrics(i: int) -> Iterator[tuple[str, float]]:
    """The metrics of run i."""
    for k in range(METRICS):
        yield f"validation:m{k}", value(i, 100 + k)


def fill(db: sqlite3.Connection, experiment: str, runs: int) -> None:
    """Write the runs as MLflow keeps them."""
    now = int(time.time() * 1000)
    every = [(i, f"{i:032x}") for i in range(runs)]
    db.executemany(
        "INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id,"
        " status, start_time, end_time, source_version, lifecycle_stage, artifact_uri,"
        " experiment_id)"
        " VALUES (?, ?, 'LOCAL', '', '', 'bench', 'FINISHED', ?, ?, '', 'active', '', ?)",
        ((uuid, f"search-{i:06d}", now + i, now + i, experiment) for i, uuid in every),
    )
    db.executemany(
        "INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)",
        ((key, text, uuid) for i, uuid in every for key, text in parameters(i).items()),
    )
    for table in ("metrics", "latest_metrics"):
        db.executemany(
            f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid)"
            " VALUES (?, ?, ?, 0, 0, ?)",
            ((key, number, now, uuid) for i, uuid in every for key, number in metrics(i)),
        )
    db.executemany(
        "INSERT INTO tags (key, value, run_uuid) VALUES ('team', ?, ?)",
        ((f"team-{i % 7}", uuid) for i, uuid in every if i % 4 == 0),
    )
    db.execute("ANALYZE")
    db.commit()


def main() -> None:
    """Answer the request on standard input."""
    request: dict[str, Any] = json.load(sys.stdin)
    logging.disable(logging.WARNING)
    store = SqlAlchemyStore(f"sqlite:///{request['Path']}", "/tmp")
    experiment = store.create_experiment("bench")
    with sqlite3.connect(request["Path"]) as db:
        fill(db, experiment, request["Runs"])
    seconds = {}
    for query in request["Queries"]:
        times = []
        for _ in range(request["Rounds"]):
            begun = time.perf_counter()
            found = store.search_runs(
                [experiment],
                query["Filter"].strip(),
                ViewType.ACTIVE_ONLY,
                request["Page"],
                query["Order"],
            )
            times.append(time.perf_counter() - begun)
            assert len(found) > 0, query
        seconds[query["What"]] = statistics.median(times)
    json.dump({"Version": mlflow.__version__, "Seconds": seconds}, sys.stdout)


main()
