"""images/builtin: the readers and writers that all algorithms share, without a job around them."""

from __future__ import annotations

import contextlib
import io
import struct

import aialgs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithm import parquet, protobuf, recordio, requests, responses
from algorithm.contract import UserError
from algorithm.rows import parse_records

MAGIC = struct.pack("<I", 0xCED7230A)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


def test_recordio_by_hand() -> None:
    """TrainData-5: the frame's bytes."""
    frames = MAGIC + b"\x05\0\0\0" + b"hello\0\0\0" + MAGIC + b"\0\0\0\0"
    assert list(recordio.records(frames, "f")) == [b"hello", b""]
    assert recordio.write([b"hello", b""]) == frames
    # A payload with the magic number in it is split there: first, middle, last part.
    parts = [(1, b"aaaa"), (2, b"bbbb"), (3, b"c")]
    split = b"".join(
        MAGIC + struct.pack("<I", kind << 29 | len(p)) + p + b"\0" * (-len(p) % 4)
        for kind, p in parts
    )
    assert list(recordio.records(split, "f")) == [MAGIC.join(p for _, p in parts)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"1,2,3\n4,5,6\n", "byte 0: no RecordIO record begins"),
        (MAGIC, "within a record's header"),
        (MAGIC + b"\xff\0\0\0abc", "a record of 255 bytes begins, but only 3"),
        (MAGIC + struct.pack("<I", 2 << 29), "out of order"),
        (MAGIC + struct.pack("<I", 1 << 29), "last parts of a record are missing"),
        (MAGIC + struct.pack("<I", 7 << 29), "out of order"),
        (MAGIC + b"\1\0\0\0a\0\0\0" + b"junk....", "byte 12: no RecordIO"),
    ],
)
def test_broken_recordio(content: bytes, words: str) -> None:
    with pytest.raises(UserError, match=words):
        list(recordio.records(content, "train/a"))


@given(st.lists(st.binary(max_size=40), max_size=8))
@settings(deadline=None)
def test_recordio_round_trip(payloads: list[bytes]) -> None:
    content = recordio.write(payloads)
    assert list(recordio.records(content, "f")) == payloads
    block = recordio.uniform(content)
    alike = len({len(p) for p in payloads}) == 1
    assert (block is not None) == alike
    if block is not None:
        assert [row.tobytes() for row in block] == payloads


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=300)
def test_any_bytes_end_in_a_sentence(junk: bytes) -> None:
    """Whatever a file holds, the reader ends, and says what is wrong."""
    for content in (junk, MAGIC + junk, recordio.write([junk])):
        with contextlib.suppress(UserError):
            table = parse_records(content, "train/a")
            assert len(table.label) == len(table.features)


@given(st.data())
@settings(deadline=None, max_examples=150)
def test_damaged_records(data: st.DataObject) -> None:
    """One changed byte or a cut of a good file is an error or other numbers, never a crash."""
    content = bytearray(aialgs.sparse(np.array([[0, 1.5, 0], [2, 0, 3]]), np.array([0, 1])))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:end])):
        with contextlib.suppress(UserError):
            parse_records(damaged, "f")


@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(
            st.lists(FLOATS, min_size=width, max_size=width), min_size=1, max_size=6
        )
    ),
    st.booleans(),
)
@settings(deadline=None)
def test_dense_rows_of_the_clients(rows: list[list[float]], labelled: bool) -> None:
    features = np.array(rows, np.float32)
    label = features[:, 0] if labelled else None
    table = parse_records(aialgs.dense(features, label), "f")
    np.testing.assert_array_equal(table.features, features)
    want = np.full(len(rows), np.nan) if label is None else label
    np.testing.assert_array_equal(table.label, want.astype(np.float32))


def test_sparse_rows_of_the_clients() -> None:
    rows = np.array([[0, 1.5, 0, 0], [0, 0, 0, 0], [2, 0, -3, 0]])
    label = np.array([1, 0, 2])
    content = aialgs.sparse(rows, label)
    table = parse_records(content, "f")
    np.testing.assert_array_equal(table.features, rows)
    np.testing.assert_array_equal(table.label, label)
    assert (parse_records(content, "f", sparse=True).features.toarray() == rows).all()


@pytest.mark.parametrize("kind", ["float32_tensor", "float64_tensor", "int32_tensor"])
@pytest.mark.parametrize("message", [aialgs.Record, aialgs.Unpacked])
def test_other_encodings(kind: str, message: type) -> None:
    """Other types of numbers, numbers that are not packed, records that differ in their uid."""
    values = [[1, -2, 3], [4, 5, -600000]]
    payloads = []
    for number, row in enumerate(values):
        record = message()
        getattr(record.features["values"], kind).values.extend(row)
        record.uid = "x" * number
        payloads.append(record.SerializeToString())
    table = parse_records(recordio.write(payloads), "f")
    np.testing.assert_array_equal(table.features, values)
    assert np.isnan(table.label).all()


def test_records_that_cannot_be_rows() -> None:
    record = aialgs.Record()
    record.features["image"].float32_tensor.values.append(1)
    for payloads, words in [
        ([record.SerializeToString()], "record 0 has no features named values"),
        ([protobuf.encode({}, {"values": [1]}), protobuf.encode({}, {"values": [1, 2]})], "1 and"),
        ([b"\x0a\x7f"], "ends within a field"),
        ([b"\x0a\x02\x00\x00"], "number 0"),
    ]:
        with pytest.raises(UserError, match=words):
            parse_records(recordio.write(payloads), "train/a")
    record = aialgs.Record()
    tensor = record.features["values"].float32_tensor
    tensor.values.append(1)
    tensor.keys.append(2**40)
    with pytest.raises(UserError, match="GiB"):
        parse_records(recordio.write([record.SerializeToString()]), "train/a")


def test_parquet() -> None:
    from arro3.core import Array, DataType, Table
    from arro3.io import write_parquet

    def file(**columns: Array) -> bytes:
        out = io.BytesIO()
        write_parquet(Table.from_pydict(columns), out)
        return out.getvalue()

    content = file(
        y=Array([1, 0, 1], DataType.int64()),
        a=Array([1.5, None, -2.5], DataType.float64()),
        b=Array([True, False, True], DataType.bool()),
    )
    want = [[1, 1.5, 1], [0, np.nan, 0], [1, -2.5, 1]]
    np.testing.assert_array_equal(parquet.matrix(content, "f"), want)
    with pytest.raises(UserError, match="column name has the type Utf8"):
        parquet.matrix(file(name=Array(["x"], DataType.utf8())), "f")
    with pytest.raises(UserError, match="does not begin and end with PAR1"):
        parquet.matrix(b"1,2\n", "f")
    with pytest.raises(UserError, match="cannot be read as Parquet"):
        parquet.matrix(b"PAR1" + b"\xff" * 20 + b"PAR1", "f")


ROWS = np.array([[1.5, 0, 3], [0, 2, 0]], np.float32)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/csv", b"1.5,0,3\n0,2,0\n"),
        ("text/csv; label_size=1", b"9,1.5,0,3\n9,0,2,0\n"),
        (
            "application/json",
            b'{"instances": [{"features": [1.5, 0, 3]}, {"features": [0, 2, 0]}]}',
        ),
        (
            "application/json",
            b'{"instances": [{"data": {"features": {"values": [1.5, 0, 3]}}},'
            b' {"data": {"features": {"keys": [1], "shape": [3], "values": [2]}}}]}',
        ),
        ("application/jsonlines", b'{"features": [1.5, 0, 3]}\n\n{"features": [0, 2, 0]}\n'),
        ("application/x-recordio-protobuf", aialgs.dense(ROWS)),
        ("application/x-recordio-protobuf", aialgs.sparse(ROWS, np.zeros(2))),
    ],
)
def test_requests(content_type: str, body: bytes) -> None:
    """The documented forms of a request, all with the same rows."""
    np.testing.assert_array_equal(requests.decode(body, content_type, 3), ROWS)


@pytest.mark.parametrize(
    ("content_type", "body", "status", "words"),
    [
        ("text/csv", b"1,2\n", 400, "2 features, the model 3"),
        ("text/csv", b"1,,3\n", 400, "missing"),
        ("application/json", b"[1, 2, 3]", 400, "instances"),
        ("application/json", b"{", 400, "not JSON"),
        ("application/json", b"[" * 100_000, 400, "not JSON"),
        ("application/json", b'{"instances": [[1, 2, 3]]}', 400, "Instance 0 has no"),
        ("application/json", b'{"instances": [{"features": [1, 2]}]}', 400, "2 features"),
        ("application/json", b'{"instances": [{"features": [1, 2, "3"]}]}', 400, "no number"),
        ("application/json", b'{"instances": [{"features": [1, 2, 1e99]}]}', 400, "not finite"),
        (
            "application/json",
            b'{"instances": [{"data": {"features": {"keys": [9], "values": [1]}}}]}',
            400,
            "key 9",
        ),
        ("application/jsonlines", b'{"features": [1, 2, 3]}\n{"x": 1}\n', 400, "Instance 1"),
        ("application/x-recordio-protobuf", b"1,2,3\n", 400, "no RecordIO"),
        ("image/png", b"1", 415, "image/png"),
    ],
)
def test_requests_that_are_refused(content_type: str, body: bytes, status: int, words: str) -> None:
    with pytest.raises(requests.RequestError, match=words) as caught:
        requests.decode(body, content_type, 3)
    assert caught.value.status == status


def test_responses() -> None:
    columns = {"score": np.array([[0.25, 0.75], [1, 0]]), "predicted_label": np.array([1, 0])}
    assert responses.encode(columns, "application/json") == (
        b'{"predictions": [{"score": [0.25, 0.75], "predicted_label": 1}, '
        b'{"score": [1.0, 0.0], "predicted_label": 0}]}'
    )
    assert responses.encode(columns, "application/jsonlines").count(b"\n") == 2
    assert responses.encode(columns, "text/csv") == b"0.25,0.75,1\n1.0,0.0,0\n"
    content = responses.encode(columns, "application/x-recordio-protobuf")
    assert aialgs.labels(content) == [
        {"score": [0.25, 0.75], "predicted_label": [1]},
        {"score": [1, 0], "predicted_label": [0]},
    ]
