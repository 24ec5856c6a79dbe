"""The message aialgs.data.Record by Google's own library, as SageMaker's clients write it."""

from __future__ import annotations

from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from algorithm import recordio

_TENSORS = {
    "Float32Tensor": ("TYPE_FLOAT", 2, "float32_tensor"),
    "Float64Tensor": ("TYPE_DOUBLE", 3, "float64_tensor"),
    "Int32Tensor": ("TYPE_INT32", 7, "int32_tensor"),
}


def _add(message: Any, name: str, number: int, kind: str, **more: Any) -> None:
    field = message.field.add(name=name, number=number)
    field.type = getattr(descriptor_pb2.FieldDescriptorProto, kind)
    repeated = more.pop("repeated", False)
    field.label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
    for option, value in more.items():
        if option == "packed":
            field.options.packed = value
        else:
            setattr(field, option, value)


def _file(package: str, packed: bool) -> Any:
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package)
    file.syntax = "proto2"
    for name, (kind, _, _) in _TENSORS.items():
        tensor = file.message_type.add(name=name)
        _add(tensor, "values", 1, kind, repeated=True, packed=packed)
        _add(tensor, "keys", 2, "TYPE_UINT64", repeated=True, packed=packed)
        _add(tensor, "shape", 3, "TYPE_UINT64", repeated=True, packed=packed)
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="value")
    for name, (_, number, field) in _TENSORS.items():
        kind = f".{package}.{name}"
        _add(value, field, number, "TYPE_MESSAGE", type_name=kind, oneof_index=0)
    record = file.message_type.add(name="Record")
    for name, number in (("features", 1), ("label", 2)):
        entry = record.nested_type.add(name=f"{name.title()}Entry")
        entry.options.map_entry = True
        _add(entry, "key", 1, "TYPE_STRING")
        _add(entry, "value", 2, "TYPE_MESSAGE", type_name=f".{package}.Value")
        kind = f".{package}.Record.{name.title()}Entry"
        _add(record, name, number, "TYPE_MESSAGE", type_name=kind, repeated=True)
    for name, number in (("uid", 3), ("metadata", 4), ("configuration", 5)):
        _add(record, name, number, "TYPE_STRING")
    return file


def _class(package: str, packed: bool) -> Any:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(_file(package, packed))
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.Record"))


Record = _class("aialgs.data", packed=True)
Unpacked = _class("aialgs.unpacked", packed=False)
"""The same with every number in a field of its own, which readers must take too."""


def dense(features: np.ndarray, label: np.ndarray | None = None) -> bytes:
    """A file of dense float32 rows, framed as the SDK's write_numpy_to_dense_tensor does."""
    payloads = []
    for number, row in enumerate(features):
        record = Record()
        record.features["values"].float32_tensor.values.extend(row.tolist())
        if label is not None:
            record.label["values"].float32_tensor.values.append(float(label[number]))
        payloads.append(record.SerializeToString())
    return recordio.write(payloads)


def sparse(features: np.ndarray, label: np.ndarray) -> bytes:
    """A file of sparse rows, as the SDK's write_spmatrix_to_sparse_tensor does."""
    payloads = []
    for row, value in zip(features, label, strict=True):
        record = Record()
        keys = np.flatnonzero(row)
        tensor = record.features["values"].float32_tensor
        tensor.values.extend(row[keys].tolist())
        tensor.keys.extend(keys.tolist())
        tensor.shape.append(len(row))
        record.label["values"].float32_tensor.values.append(float(value))
        payloads.append(record.SerializeToString())
    return recordio.write(payloads)


def labels(content: bytes) -> list[dict[str, list[float]]]:
    """The label maps of an answer in RecordIO-protobuf."""
    found = []
    for payload in recordio.records(content, "answer"):
        record = Record.FromString(payload)
        found.append({n: list(v.float32_tensor.values) for n, v in record.label.items()})
    return found
