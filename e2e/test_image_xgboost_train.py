"""images/xgboost, train: run as a program on a directory that stands for /opt/ml."""

from __future__ import annotations

import io
import json
import os
import re
import signal
from pathlib import Path

import aialgs
import numpy as np
import pytest
import xgboost
from optml import IMAGES, to_csv, to_libsvm
from optml import OptML as Base
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris

from algorithm import recordio

IMAGE = IMAGES / "xgboost"
BINARY = {"num_round": "10", "objective": "binary:logistic", "max_depth": "3", "seed": "7"}


class OptML(Base):
    """The directory of a job with the XGBoost image."""

    def __init__(self, base: Path) -> None:
        super().__init__(base, IMAGE)

    def refused(self, hyperparameters: dict[str, str], *words: str) -> None:
        super().refused(hyperparameters, *words)
        assert not (self.base / "model" / "xgboost-model").exists()

    def model(self) -> xgboost.Booster:
        booster = xgboost.Booster()
        booster.load_model(self.base / "model" / "xgboost-model")
        return booster


@pytest.fixture
def ml(tmp_path: Path) -> OptML:
    return OptML(tmp_path / "ml")


@pytest.fixture(scope="module")
def cancer() -> tuple[np.ndarray, np.ndarray]:
    features, label = load_breast_cancer(return_X_y=True)
    return features, label


def directly(
    hyperparameters: dict[str, str], train: xgboost.DMatrix, rounds: int
) -> xgboost.Booster:
    """The same training without the image."""
    parameters = {k: v for k, v in hyperparameters.items() if k != "num_round"}
    return xgboost.train(parameters, train, rounds)


def test_csv_equals_the_library(ml: OptML, cancer: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = cancer
    ml.channel(
        "train",
        {"a.csv": to_csv(y[:300], x[:300]), "b/c.csv": to_csv(y[300:400], x[300:400])},
        "text/csv",
    )
    ml.channel("validation", {"v.csv": to_csv(y[400:], x[400:])}, "csv")
    output = ml.train({**BINARY, "eval_metric": "logloss,auc"})
    want = directly(BINARY, xgboost.DMatrix(x[:400], y[:400]), 10)
    held_out = xgboost.DMatrix(x[400:])
    np.testing.assert_allclose(ml.model().predict(held_out), want.predict(held_out), rtol=1e-6)
    lines = [line for line in output.splitlines() if line.startswith("[") and "#011" in line]
    assert len(lines) == 10
    names = ("train-logloss", "train-auc", "validation-logloss", "validation-auc")
    pattern = "".join(rf"#011{name}:0\.\d{{5}}" for name in names)
    assert re.fullmatch(r"\[0\]" + pattern, lines[0])


def test_own_definitions_find_every_printed_metric(
    ml: OptML, cancer: tuple[np.ndarray, np.ndarray]
) -> None:
    x, y = cancer
    ml.channel("train", {"a": to_csv(y, x)}, "text/csv")
    ml.channel("validation", {"a": to_csv(y, x)}, "text/csv")
    output = ml.train({**BINARY, "eval_metric": "accuracy,f1,mse,r2,balanced_accuracy,error,rmse"})
    definitions = json.loads((IMAGE / "manifest.json").read_text())["metrics"]
    last = output.splitlines()[-3]
    found = {
        d["name"]
        for d in definitions
        for m in [re.search(d["regex"], last)]
        if m and float(m[1]) >= 0
    }
    names = ("accuracy", "f1", "mse", "r2", "balanced_accuracy", "error", "rmse")
    assert found == {f"{channel}:{name}" for channel in ("train", "validation") for name in names}


def test_sagemakers_metrics_equal_scikit_learns(ml: OptML) -> None:
    from sklearn import metrics as sk

    from xgbimage import metrics

    generator = np.random.default_rng(0)
    for classes in (2, 4):
        truth, guess = generator.integers(0, classes, (2, 500))
        own = {name: metric.compute(truth, guess) for name, metric in metrics.COMPUTED_HERE.items()}
        assert own["accuracy"] == pytest.approx(sk.accuracy_score(truth, guess))
        assert own["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(truth, guess))
        assert own["f1"] == pytest.approx(sk.f1_score(truth, guess, average="macro"))
        assert own["precision_macro"] == pytest.approx(
            sk.precision_score(truth, guess, average="macro")
        )
        assert own["recall_macro"] == pytest.approx(sk.recall_score(truth, guess, average="macro"))
        assert own["precision_micro"] == pytest.approx(
            sk.precision_score(truth, guess, average="micro")
        )
        assert own["mse"] == pytest.approx(sk.mean_squared_error(truth, guess))
        assert own["r2"] == pytest.approx(sk.r2_score(truth, guess))
        if classes == 2:
            assert own["f1_binary"] == pytest.approx(sk.f1_score(truth, guess))
            assert own["precision"] == pytest.approx(sk.precision_score(truth, guess))
            assert own["recall"] == pytest.approx(sk.recall_score(truth, guess))


@pytest.mark.parametrize(
    "content_type", [None, "libsvm", "text/libsvm", "text/x-libsvm;charset=utf8"]
)
def test_libsvm_equals_the_library(
    ml: OptML, cancer: tuple[np.ndarray, np.ndarray], content_type: str | None
) -> None:
    x, y = cancer
    ml.channel("train", {"a": "# a comment\n" + to_libsvm(x[:400], y[:400])}, content_type)
    ml.train(BINARY)
    # In libsvm a zero is absent, which is what the library calls missing.
    missing = np.where(x == 0, np.nan, x)
    want = directly(BINARY, xgboost.DMatrix(missing[:400], y[:400]), 10)
    held_out = xgboost.DMatrix(missing[400:])
    np.testing.assert_allclose(ml.model().predict(held_out), want.predict(held_out), rtol=1e-6)


def test_weights(ml: OptML, cancer: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = cancer
    weight = np.where(y == 1, 5.0, 1.0)
    ml.channel("train", {"a": to_csv(y, weight, x)}, "text/csv; label_size=1")
    ml.train({**BINARY, "csv_weights": "1"})
    want = directly(BINARY, xgboost.DMatrix(x, y, weight=weight), 10)
    np.testing.assert_allclose(
        ml.model().predict(xgboost.DMatrix(x)), want.predict(xgboost.DMatrix(x)), rtol=1e-6
    )
    other = OptML(ml.base / "other")
    text = re.sub(
        r"^(\S+)", lambda m: m[1] + (":5" if m[1] == "1" else ":1"), to_libsvm(x, y), flags=re.M
    )
    other.channel("train", {"a": text}, "libsvm")
    other.train(BINARY)
    assert other.model().num_features() == x.shape[1]


def test_missing_values_and_other_separators(ml: OptML) -> None:
    rows = [[i % 2, i, np.nan if i % 3 else 2 * i, np.nan if i % 5 else 1] for i in range(100)]
    data = np.array(rows, dtype=float)
    text = "\r\n".join(";".join("" if np.isnan(v) else f"{v:g}" for v in row) for row in data)
    ml.channel(
        "train", {"a.csv": "\ufeff" + text, "_SUCCESS": "not data", ".hidden": "x"}, "text/csv"
    )
    ml.train(BINARY)
    want = directly(BINARY, xgboost.DMatrix(data[:, 1:], data[:, 0]), 10)
    matrix = xgboost.DMatrix(data[:, 1:])
    np.testing.assert_allclose(ml.model().predict(matrix), want.predict(matrix), rtol=1e-6)


@pytest.mark.parametrize("objective", ["multi:softprob", "multi:softmax"])
def test_classes(ml: OptML, objective: str) -> None:
    x, y = load_iris(return_X_y=True)
    ml.channel("train", {"a": to_csv(y, x)}, "text/csv")
    output = ml.train(
        {
            "num_round": "5",
            "objective": objective,
            "num_class": "3",
            "eval_metric": "merror,accuracy",
        }
    )
    assert float(re.findall(r"train-accuracy:([\d.]+)", output)[-1]) > 0.95
    assert ml.model().num_features() == 4


def test_ranking_by_query(ml: OptML) -> None:
    text = "".join(f"{i % 3} qid:{i // 10} 0:{i % 3} 1:{i % 7}\n" for i in range(100))
    ml.channel("train", {"a": text}, "libsvm")
    output = ml.train({"num_round": "5", "objective": "rank:ndcg", "eval_metric": "ndcg@3"})
    assert "#011train-ndcg@3:1.00000" in output


@pytest.mark.parametrize("again", range(4))  # the library's order of callbacks is random
def test_early_stopping_keeps_the_best(ml: OptML, again: int) -> None:
    x, y = load_diabetes(return_X_y=True)
    ml.channel("train", {"a": to_csv(y[:300], x[:300])}, "text/csv")
    ml.channel("validation", {"a": to_csv(y[300:], x[300:])}, "text/csv")
    output = ml.train({"num_round": "500", "eta": "0.5", "early_stopping_rounds": "5"})
    scores = [float(s) for s in re.findall(r"validation-rmse:([\d.]+)", output)]
    best = int(np.argmin(scores))
    assert len(scores) == best + 6
    assert ml.model().num_boosted_rounds() == best + 1


def test_sigterm_keeps_the_model_so_far(ml: OptML, cancer: tuple[np.ndarray, np.ndarray]) -> None:
    """TrainContainer-17."""
    x, y = cancer
    ml.channel("train", {"a": to_csv(y, x)}, "text/csv")
    process = ml.start({**BINARY, "num_round": "1000000"})
    assert process.stdout
    while not process.stdout.readline().startswith("[5]#011"):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    rounds = ml.model().num_boosted_rounds()
    assert rounds >= 6
    assert f"Stopped after {rounds} rounds" in output


def test_older_xgboost_reads_the_model(ml: OptML, cancer: tuple[np.ndarray, np.ndarray]) -> None:
    """From XGBoost 3.1 on base_score is a list, which older releases misread without an error."""
    x, y = cancer
    ml.channel("train", {"a": to_csv(y, x)}, "text/csv")
    ml.train(BINARY)
    model = json.loads((ml.base / "model" / "xgboost-model").read_bytes())
    float(model["learner"]["learner_model_param"]["base_score"])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"num_round": None}, ["num_round is missing"]),
        ({"num_round": "0"}, ["num_round is '0'", "1 or more"]),
        ({"num_round": "ten"}, ["'ten'", "must be an integer"]),
        ({"eta": "2"}, ["eta is '2'", "0 or more and 1 or less"]),
        ({"eta": "nan"}, ["eta is 'nan'"]),
        ({"max_depth": "-1", "subsample": "x"}, ["2 hyperparameters", "max_depth", "subsample"]),
        ({"objective": "binary:magic"}, ["objective is 'binary:magic'", "binary:logistic"]),
        ({"objective": "multi:softmax"}, ["num_class is missing"]),
        ({"num_class": "3"}, ["num_class is set"]),
        ({"eval_metric": "auc,magic"}, ["'magic'", "logloss"]),
        ({"objective": "reg:squarederror", "eval_metric": "accuracy"}, ["needs a classification"]),
        ({"tree_method": "gpu_hist"}, ["GPU"]),
        ({"depth": "3"}, ["depth is no hyperparameter"]),
        ({"monotone_constraints": "(1,2)"}, ["monotone_constraints"]),
        ({"interaction_constraints": "[1]"}, ["interaction_constraints"]),
    ],
)
def test_wrong_hyperparameters(ml: OptML, changes: dict[str, str | None], words: list[str]) -> None:
    ml.channel("train", {"a": "1,2\n0,3\n"}, "text/csv")
    merged = {k: v for k, v in {**BINARY, **changes}.items() if v is not None}
    ml.refused(merged, *words)


def test_hyperparameters_of_other_releases(ml: OptML) -> None:
    ml.channel("train", {"a": "1,2\n0,3\n"}, "text/csv")
    output = ml.train(
        {
            "num_round": "2.0",
            "objective": "reg:linear",
            "silent": "1",
            "learning_rate": "0.1",
            "predictor": "cpu_predictor",
            "_tuning_objective_metric": "validation:mae",
            "sagemaker_job_name": '"x"',
            "monotone_constraints": "(1)",
            "interaction_constraints": "[[0]]",
        }
    )
    assert "ignored: predictor, silent" in output
    assert "#011train-mae:" in output


@pytest.mark.parametrize(
    ("content_type", "files", "words"),
    [
        ("text/csv", {}, ["train", "no files"]),
        ("text/csv", {"a.csv": "\n"}, ["only empty files"]),
        ("text/csv", {"a.csv": "label,x\n1,2\n"}, ["train/a.csv", "line 1 is a header"]),
        ("text/csv", {"a.csv": "1,2\n\n0,two\n"}, ["train/a.csv", "line 3, column 2", "'two'"]),
        ("text/csv", {"a.csv": "1,2\n0,3,4\n"}, ["line 2 has 3 columns"]),
        ("text/csv", {"a.csv": "1,2\n0,1e99\n"}, ["line 2, column 2", "finite"]),
        ("text/csv", {"a.csv": "1,2\n,3\n"}, ["line 2 has no label"]),
        ("text/csv", {"a.csv": "1\n0\n"}, ["1 columns"]),
        ("text/csv", {"a.csv": "1,2\n", "b.csv": "1,2,3\n"}, ["train/b.csv", "2 features"]),
        ("text/csv", {"a.png": b"\x89PNG\r\n\x1a\n\0\0\0"}, ["train/a.png", "binary"]),
        ("text/csv", {"a.csv": "Wie schön, ja\n1,2\n"}, ["train/a.csv", "line 1"]),
        ("text/csv", {"a.csv": b"1,2\n0,\xff\n"}, ["line 2, column 2"]),
        ("text/csv", {"a.csv": "1 0:1\n0 0:2\n"}, ["line 1", "0:1"]),
        ("libsvm", {"a": "1,2\n0,3\n"}, ["train/a", "libsvm", "line 1", "'1,2'"]),
        ("libsvm", {"a": "1 0:1\n0 x:2\n"}, ["line 2", "'x:2'"]),
        ("libsvm", {"a": "1 0:1\n0 -1:2\n"}, ["line 2"]),
        ("libsvm", {"a": "1 qid:1 0:1\n0 0:2\n"}, ["qid", "1 of 2"]),
        ("application/json", {"a": "x"}, ["application/json", "text/csv"]),
        ("application/x-parquet", {"a": "x"}, ["train/a is not Parquet"]),
        ("application/x-recordio-protobuf", {"a": "1,2"}, ["train/a, byte 0", "RecordIO"]),
        ("application/x-recordio-protobuf", {"a": aialgs.dense(np.ones((1, 1)))}, ["no label"]),
        ("text/csv;label_size=2", {"a": "1,2\n"}, ["label_size must be 1"]),
        ("text/csv", {"a": "3,2\n0,1\n"}, ["Channel train has the label 3", "from 0 to 1"]),
    ],
)
def test_wrong_data(
    ml: OptML, content_type: str, files: dict[str, str | bytes], words: list[str]
) -> None:
    ml.channel("train", files, content_type)
    ml.refused(BINARY, *words)


def test_channels_that_do_not_fit(ml: OptML) -> None:
    ml.refused(BINARY, "Channel train is missing")
    ml.channel("train", {"a": "1,2\n0,3\n"}, "text/csv")
    ml.channel("validation", {"a": "1,2,3\n"}, "text/csv")
    ml.refused(BINARY, "train has 1 features, channel validation 2")
    ml.channel("test", {"a": "1,2\n"}, "text/csv")
    ml.refused(BINARY, "Channel test")


def test_threads_follow_the_control_group(tmp_path: Path) -> None:
    from algorithm import threads

    root, proc = tmp_path / "cgroup", tmp_path / "proc"
    (root / "a" / "b").mkdir(parents=True)
    (root / "cpu" / "x").mkdir(parents=True)
    (root / "a" / "cpu.max").write_text("150000 100000\n")
    (root / "a" / "b" / "cpu.max").write_text("max 100000\n")
    proc.write_text("0::/a/b\n")
    assert threads.control_group_quota(proc, root) == 1.5
    (root / "cpu" / "x" / "cpu.cfs_quota_us").write_text("50000\n")
    (root / "cpu" / "x" / "cpu.cfs_period_us").write_text("100000\n")
    proc.write_text("4:cpu,cpuacct:/x\n0::/\n")
    assert threads.control_group_quota(proc, root) == 0.5
    assert threads.control_group_quota(tmp_path / "absent", root) is None
    environ = {"OMP_NUM_THREADS": "1"}
    assert threads.settle(environ) == 1
    assert environ["OMP_WAIT_POLICY"] == "passive"
    assert threads.settle({"OMP_NUM_THREADS": "100000"}) <= (os.cpu_count() or 1)


def parquet(*columns: np.ndarray) -> bytes:
    from arro3.core import Array, Table
    from arro3.io import write_parquet

    rows = np.column_stack(columns).astype(np.float64)
    out = io.BytesIO()
    named = {f"c{i}": Array.from_numpy(np.ascontiguousarray(c)) for i, c in enumerate(rows.T)}
    write_parquet(Table.from_pydict(named), out)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["application/x-parquet", "application/x-recordio-protobuf"])
def test_binary_formats_equal_csv(
    ml: OptML, cancer: tuple[np.ndarray, np.ndarray], kind: str
) -> None:
    x, y = cancer
    write = parquet if kind.endswith("parquet") else lambda label, rows: aialgs.dense(rows, label)
    ml.channel("train", {"a": write(y[:200], x[:200]), "b": write(y[200:], x[200:])}, kind)
    ml.train(BINARY)
    want = directly(BINARY, xgboost.DMatrix(x.astype(np.float32), y), 10)
    rows = xgboost.DMatrix(x.astype(np.float32))
    np.testing.assert_allclose(ml.model().predict(rows), want.predict(rows), rtol=1e-6)


def test_sparse_records_equal_libsvm(ml: OptML) -> None:
    """What a sparse record leaves out is missing, as in libsvm."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 20)) * (rng.random((300, 20)) < 0.3)
    y = (x.sum(axis=1) > 0).astype(int)
    ml.channel("train", {"a": aialgs.sparse(x, y)}, "application/x-recordio-protobuf")
    ml.train(BINARY)
    missing = np.where(x == 0, np.nan, x)
    want = directly(BINARY, xgboost.DMatrix(missing, y), 10)
    rows = xgboost.DMatrix(missing)
    np.testing.assert_allclose(ml.model().predict(rows), want.predict(rows), rtol=1e-6)


@pytest.mark.parametrize("wrapper", ["None", "RecordIO"])
def test_pipe(ml: OptML, cancer: tuple[np.ndarray, np.ndarray], wrapper: str) -> None:
    """TrainData-3, -4: a channel that streams, bare or each object in a record."""
    x, y = cancer
    ml.channel("train", {}, "text/csv")
    ml.pipe("train", RecordWrapperType=wrapper)
    process = ml.start(BINARY)
    objects = [to_csv(y[:200], x[:200]).encode(), to_csv(y[200:], x[200:]).encode()]
    content = recordio.write(objects) if wrapper == "RecordIO" else b"".join(objects)
    (ml.base / "input" / "data" / "train_0").write_bytes(content)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    want = directly(BINARY, xgboost.DMatrix(x.astype(np.float32), y), 10)
    rows = xgboost.DMatrix(x.astype(np.float32))
    np.testing.assert_allclose(ml.model().predict(rows), want.predict(rows), rtol=1e-6)


def test_a_checkpoint_is_gone_on_from(ml: OptML, cancer: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = cancer
    ml.channel("train", {"a": to_csv(y, x)}, "text/csv")
    ml.train({**BINARY, "num_round": "20"})
    want = ml.model()
    places = ml.base / "checkpoints"
    places.mkdir()
    ml.train({**BINARY, "num_round": "8"})
    assert (places / "xgboost-checkpoint.7").exists()
    assert len(list(places.iterdir())) <= 5
    (places / "xgboost-checkpoint.9").write_bytes(b"damaged")
    output = ml.train({**BINARY, "num_round": "20"})
    assert "Going on from the checkpoint of round 7" in output
    rounds = re.findall(r"^\[(\d+)\]#011", output, flags=re.M)
    assert rounds == [str(number) for number in range(8, 20)]
    rows = xgboost.DMatrix(x)
    np.testing.assert_allclose(ml.model().predict(rows), want.predict(rows), rtol=1e-4)


def cluster(
    base: Path, hyperparameters: dict[str, str], channels: list[dict[str, dict[str, str | bytes]]]
) -> list[tuple[int, str, OptML]]:
    """A job on several hosts, each a process with an address of its own; status, log, directory."""
    hosts = [f"algo-{number}" for number in range(1, len(channels) + 1)]
    # Any other run of these tests on the machine has other addresses.
    net = f"127.{os.getpid() >> 8 & 127}.{os.getpid() & 255}"
    addresses = ",".join(f"{host}={net}.{number}" for number, host in enumerate(hosts, 1))
    running = []
    for host, content in zip(hosts, channels, strict=True):
        ml = OptML(base / host)
        ml.config("resourceconfig", {"current_host": host, "hosts": hosts})
        for name, files in content.items():
            ml.channel(name, files, "text/csv")
        running.append((ml.start(hyperparameters, SAGEBRUSH_HOST_ADDRESSES=addresses), ml))
    done = [(process.communicate(timeout=120)[0], process, ml) for process, ml in running]
    return [(process.returncode, output, ml) for output, process, ml in done]


def test_several_hosts_train_one_model(
    tmp_path: Path, cancer: tuple[np.ndarray, np.ndarray]
) -> None:
    """Each host has a part of the rows, one has none; the model is that of all rows."""
    x, y = cancer[0].astype(np.float32), cancer[1]
    held = {"a": to_csv(y[400:], x[400:])}
    parts = [(0, 150), (150, 400)]
    channels = [{"train": {"a": to_csv(y[a:b], x[a:b])}, "validation": held} for a, b in parts]
    done = cluster(
        tmp_path,
        {**BINARY, "eval_metric": "accuracy,logloss", "early_stopping_rounds": "10"},
        [*channels, {"train": {}, "validation": held}],
    )
    assert [status for status, _, _ in done] == [0, 0, 0], "\n".join(out for _, out, _ in done)
    want = directly(BINARY, xgboost.DMatrix(x[:400], y[:400]), 10)
    rows = xgboost.DMatrix(x[400:])
    first = done[0][2]
    np.testing.assert_allclose(first.model().predict(rows), want.predict(rows), rtol=1e-4)
    # Only the first host prints metrics and has a model; they are those of all rows.
    printed = [len(re.findall(r"^\[\d+\]#011", output, flags=re.M)) for _, output, _ in done]
    assert printed == [10, 0, 0]
    assert not any((ml.base / "model" / "xgboost-model").exists() for _, _, ml in done[1:])
    guess = want.predict(xgboost.DMatrix(x[:400])) > 0.5
    accuracy = float(re.findall(r"train-accuracy:([\d.]+)", done[0][1])[-1])
    assert accuracy == pytest.approx((guess == y[:400]).mean(), abs=1e-5)
    assert "This host has no data" in done[2][1]


def test_a_host_that_cannot_go_on_ends_the_others(tmp_path: Path) -> None:
    done = cluster(tmp_path, BINARY, [{"train": {"a": "1,2\n0,3\n"}}, {"train": {"a": "1,two\n"}}])
    assert [status for status, _, _ in done] == [1, 1]
    reasons = [(ml.base / "output" / "failure").read_text() for _, _, ml in done]
    assert "because of host algo-2" in reasons[0]
    assert "'two'" in reasons[1]
