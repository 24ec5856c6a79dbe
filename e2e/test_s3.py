"""S3 as boto3 uses it."""

from __future__ import annotations

import base64
import hashlib
import io
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from server import Server

pytestmark = pytest.mark.server

MIB = 1024 * 1024


@pytest.fixture
def s3(client: Callable[[str], Any]) -> Any:
    return client("s3")


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    value: str = error.value.response["Error"]["Code"]
    return value


def test_put_get_head_range_and_conditions(s3: Any, bucket: str) -> None:
    body = b"0123456789" * 1000
    put = s3.put_object(
        Bucket=bucket, Key="a/b c+é.txt", Body=body, ContentType="text/x", Metadata={"k": "v"}
    )
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="a/b c+é.txt")
    assert got["Body"].read() == body
    assert (got["ContentType"], got["Metadata"]) == ("text/x", {"k": "v"})
    part = s3.get_object(Bucket=bucket, Key="a/b c+é.txt", Range="bytes=10-19")
    assert part["Body"].read() == b"0123456789"
    assert part["ContentRange"] == "bytes 10-19/10000"
    assert s3.head_object(Bucket=bucket, Key="a/b c+é.txt")["ContentLength"] == 10000
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="a/b c+é.txt", IfNoneMatch=put["ETag"])
    assert code(error) in ("304", "NotModified")
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket, Key="absent")
    assert code(error) == "NoSuchKey"
    with pytest.raises(ClientError) as error:
        s3.get_object(Bucket=bucket + "-absent", Key="a")
    assert code(error) == "NoSuchBucket"


def test_list_with_delimiter_and_pages(s3: Any, bucket: str) -> None:
    keys = ["a", "a/b", "a/c", "a/d/e", "b//x", "z é", "../up"]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, PaginationConfig={"PageSize": 2}
    )
    assert [o["Key"] for page in pages for o in page["Contents"]] == sorted(keys)
    level = s3.list_objects_v2(Bucket=bucket, Prefix="a", Delimiter="/")
    assert [o["Key"] for o in level["Contents"]] == ["a"]
    assert [p["Prefix"] for p in level["CommonPrefixes"]] == ["a/"]
    old = s3.list_objects(Bucket=bucket, Prefix="a/", MaxKeys=2)
    assert [o["Key"] for o in old["Contents"]] == ["a/b", "a/c"]
    assert old["IsTruncated"]


def test_multipart(s3: Any, bucket: str) -> None:
    body = bytes(range(256)) * (11 * MIB // 256)
    parts = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", Config=parts)
    assert s3.head_object(Bucket=bucket, Key="big")["ETag"].endswith('-3"')
    back = io.BytesIO()
    s3.download_fileobj(bucket, "big", back, Config=parts)
    assert back.getvalue() == body
    upload = s3.create_multipart_upload(Bucket=bucket, Key="left")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="left", UploadId=upload, PartNumber=1, Body=b"x")
    assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 1
    s3.abort_multipart_upload(Bucket=bucket, Key="left", UploadId=upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_copy_tags_and_batch_delete(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="from", Body=b"copied", Tagging="a=1&b=2")
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from"})
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == b"copied"
    s3.put_object_tagging(Bucket=bucket, Key="to", Tagging={"TagSet": [{"Key": "c", "Value": "3"}]})
    tags = {
        key: {t["Key"]: t["Value"] for t in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}
        for key in ("from", "to")
    }
    assert tags == {"from": {"a": "1", "b": "2"}, "to": {"c": "3"}}
    with pytest.raises(ClientError) as error:
        s3.delete_bucket(Bucket=bucket)
    assert code(error) == "BucketNotEmpty"
    objects = [{"Key": key} for key in ("from", "to", "absent")]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert {d["Key"] for d in deleted["Deleted"]} == {"from", "to", "absent"}
    s3.delete_bucket(Bucket=bucket)
    assert bucket not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


def test_checksums(s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"sum", ChecksumAlgorithm="SHA256")
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    want = base64.b64encode(hashlib.sha256(b"sum").digest()).decode()
    assert head["ChecksumSHA256"] == want
    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket=bucket, Key="k", Body=b"sum", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert code(error) == "BadDigest"


def test_path_and_virtual_host_style(server: Server, s3: Any, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="k", Body=b"styles")
    path = server.client("s3", Config(s3={"addressing_style": "path"}))
    assert path.get_object(Bucket=bucket, Key="k")["Body"].read() == b"styles"
    # Few resolvers know bucket.localhost, so the connection is made to the address
    # and the name stands in the Host header.
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    named = server.session().client(
        "s3", endpoint_url=server.url.replace("127.0.0.1", "localhost"), config=config
    )
    url = named.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    host = urllib.parse.urlsplit(url).netloc
    assert host.startswith(f"{bucket}.localhost:")
    request = urllib.request.Request(url.replace(host, server.url.partition("//")[2]))
    request.add_header("Host", host)
    assert urllib.request.urlopen(request).read() == b"styles"


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_urls(server: Server, bucket: str, version: str) -> None:
    """boto3 still presigns with version 2 unless it is told otherwise."""
    s3 = server.client("s3", Config(signature_version=version))
    at = {"Bucket": bucket, "Key": "signed key"}
    put = urllib.request.Request(
        s3.generate_presigned_url("put_object", at), data=b"by url", method="PUT"
    )
    put.add_header("Content-Type", "")
    assert urllib.request.urlopen(put).status == 200
    url = s3.generate_presigned_url("get_object", at)
    assert urllib.request.urlopen(url).read() == b"by url"
    for broken in (url.replace("signed", "other"), url.partition("?")[0]):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(broken)


def test_wrong_keys(server: Server, bucket: str) -> None:
    s3 = server.client("s3", aws_secret_access_key="wrong")
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket=bucket)
    assert code(error) == "SignatureDoesNotMatch"
    s3 = server.client("s3", aws_access_key_id="AKIAABSENTABSENT1234")
    with pytest.raises(ClientError) as error:
        s3.list_objects_v2(Bucket=bucket)
    assert code(error) == "InvalidAccessKeyId"
