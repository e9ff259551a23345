"""Whole corpora from and to a server that speaks S3, on this machine; what a URL must not tell."""

from __future__ import annotations

import errno
import gzip
import json
import logging
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import ClassVar

import boto3
import fsspec
import numpy as np
import pytest
from fsspec.implementations.memory import MemoryFileSystem
from moto.server import ThreadedMotoServer

from lrp_engine import CorpusSettings, InputError, evaluate, explain_corpus
from lrp_engine.corpora import urls
from lrp_engine.corpora.durable import TEMPORARY
from lrp_engine.corpora.folder import Folder
from lrp_engine.corpora.manifest import MANIFEST, check_same
from lrp_engine.corpora.source import Source
from lrp_engine.corpora.tables import format_of
from lrp_engine.evaluation import where
from tests import corpora

KEY, SECRET = "AKIATESTTESTTEST", "secret-of-the-test"
BUCKET = "lens"
SETTINGS = CorpusSettings(shard_rows=4)


class Store:
    """A server that can go away and come back with what it held."""

    def __init__(self) -> None:
        self.port = 0
        self.start()

    def start(self) -> None:
        self._server = ThreadedMotoServer("127.0.0.1", port=self.port, verbose=False)
        self._server.start()
        self.port = self._server.get_host_and_port()[1]

    def stop(self) -> None:
        self._server.stop()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def client(self):
        return boto3.client("s3")


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    store = Store()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": store.endpoint, "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1",
        }.items():  # fmt: skip
            patch.setenv(name, value)
        store.client.create_bucket(Bucket=BUCKET)
        yield store
    store.stop()


@pytest.fixture(scope="module")
def network():
    return corpora.network()


@pytest.fixture(scope="module")
def table(store):
    """Its URL, and the same file on the disk is what `local` reads."""
    lines = "text\n" + "".join(f"{text}\n" for text in corpora.texts(22))
    data = gzip.compress(lines.encode(), mtime=0)
    store.client.put_object(Bucket=BUCKET, Key="in/table.csv.gz", Body=data)
    return f"s3://{BUCKET}/in/table.csv.gz"


@pytest.fixture(scope="module")
def local(network, table, tmp_path_factory):
    """Name -> bytes of the parts that a run from disk to disk writes."""
    folder = tmp_path_factory.mktemp("local")
    (folder / "in.csv.gz").write_bytes(fsspec.open(table).open().read())
    explain_corpus(network, folder / "in.csv.gz", folder / "out", settings=SETTINGS)
    return corpora.parts(folder / "out")


def objects(store: Store, prefix: str) -> dict[str, bytes]:
    """Name below the prefix -> content."""
    found = store.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/").get("Contents", [])
    return {
        one["Key"].removeprefix(f"{prefix}/"): store.client.get_object(
            Bucket=BUCKET, Key=one["Key"]
        )["Body"].read()
        for one in found
    }


def after(parts: int, then: Callable[[], object]) -> Callable[[int, int, bool], None]:
    """A progress that does something once so many parts are written."""
    left = parts

    def progress(rows: int, total: int, before: bool) -> None:
        nonlocal left
        left -= not before
        if left == 0 and not before:
            then()

    return progress


def test_from_store_to_store_gives_the_bytes_of_a_disk(store, network, table, local):
    summary = explain_corpus(network, table, f"s3://{BUCKET}/whole", settings=SETTINGS)
    assert (summary.rows, summary.output) == (22, f"s3://{BUCKET}/whole")
    found = objects(store, "whole")
    manifest = json.loads(found.pop(MANIFEST))
    assert found == local  # and nothing else: no temporary name, no digest
    assert manifest["complete"]
    assert manifest["input"]["path"] == table
    assert manifest["parts"] == {n: sha256(data).hexdigest() for n, data in local.items()}
    assert SECRET not in json.dumps(manifest)
    assert KEY not in json.dumps(manifest)
    again = explain_corpus(network, table, f"s3://{BUCKET}/whole", settings=SETTINGS)
    assert again.skipped_rows == 22
    damaged, name = bytearray(local["part-00001.parquet"]), "part-00001.parquet"
    damaged[len(damaged) // 2] ^= 1
    store.client.put_object(Bucket=BUCKET, Key=f"whole/{name}", Body=bytes(damaged))
    again = explain_corpus(network, table, f"s3://{BUCKET}/whole", settings=SETTINGS)
    assert again.skipped_rows == 18
    assert objects(store, "whole")[name] == local[name]


def test_a_store_that_goes_away_is_one_sentence_and_the_run_goes_on(store, network, table, local):
    out = f"s3://{BUCKET}/gone"
    try:
        with pytest.raises(InputError, match="Cannot write to 's3://lens/gone'") as told:
            explain_corpus(network, table, out, settings=SETTINGS, progress=after(2, store.stop))
    finally:
        store.start()
    assert SECRET not in str(told.value)
    found = objects(store, "gone")
    parts = {name: data for name, data in found.items() if name.startswith("part-")}
    assert len(parts) == 2
    assert parts.items() <= local.items()
    summary = explain_corpus(network, table, out, settings=SETTINGS)
    assert summary.skipped_rows == 8
    assert objects(store, "gone").keys() == {MANIFEST, *local}
    assert {n: d for n, d in objects(store, "gone").items() if n != MANIFEST} == local


def test_an_upload_that_breaks_off_leaves_nothing(store, network, table, local, monkeypatch):
    out = f"s3://{BUCKET}/broken"
    system = type(fsspec.filesystem("s3"))
    request = system._call_s3

    async def breaks(self, method, *arguments, **named):
        if method == "put_object" and named["Key"].endswith("/part-00002.parquet"):
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        return await request(self, method, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(system, "_call_s3", breaks)
        with pytest.raises(InputError, match=r"Cannot write to .* Connection reset by peer"):
            explain_corpus(network, table, out, settings=SETTINGS)
    # Neither the part nor what was noted of it before.
    assert not [name for name in objects(store, "broken") if "00002" in name]
    explain_corpus(network, table, out, settings=SETTINGS)
    assert {n: d for n, d in objects(store, "broken").items() if n != MANIFEST} == local


def test_a_bucket_that_is_not_there_is_not_made(store, network, table):
    with pytest.raises(InputError, match=r"'s3://typo/out': .*bucket does not exist"):
        explain_corpus(network, table, "s3://typo/out", settings=SETTINGS)
    assert [one["Name"] for one in store.client.list_buckets()["Buckets"]] == [BUCKET]
    with pytest.raises(InputError, match=r"There is no file 's3://lens/in/nothing.csv'"):
        explain_corpus(network, f"s3://{BUCKET}/in/nothing.csv", f"s3://{BUCKET}/x")


def test_a_folder_in_a_store_that_holds_other_things_is_refused(store, network, table):
    with pytest.raises(InputError, match=r"holds 'table.csv.gz' but no _manifest"):
        explain_corpus(network, table, f"s3://{BUCKET}/in", settings=SETTINGS)
    with pytest.raises(InputError, match="is a file; give a folder"):
        explain_corpus(network, table, table, settings=SETTINGS)
    store.client.put_object(Bucket=BUCKET, Key="made/", Body=b"")  # as web consoles make folders
    explain_corpus(network, table, f"s3://{BUCKET}/made/", settings=SETTINGS)


def test_without_credentials_there_is_a_sentence(store, table, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    type(fsspec.filesystem("s3")).clear_instance_cache()
    with pytest.raises(InputError, match=r"Cannot read 's3://.*: Unable to locate credentials"):
        Source(table).identity()
    type(fsspec.filesystem("s3")).clear_instance_cache()


def test_a_signed_link_is_read_and_its_signature_stays_here(store, network, table, local, tmp_path):
    link = store.client.generate_presigned_url(
        "get_object", Params={"Bucket": BUCKET, "Key": "in/table.csv.gz"}
    )
    assert "Signature" in link
    explain_corpus(network, link, tmp_path / "out", settings=SETTINGS)
    assert corpora.parts(tmp_path / "out") == local
    manifest = (tmp_path / "out" / MANIFEST).read_text()
    assert json.loads(manifest)["input"]["path"] == f"{store.endpoint}/{BUCKET}/in/table.csv.gz"
    assert "Signature" not in manifest
    assert KEY not in manifest
    # Signed anew it is the same file, whose run goes on.
    anew = link.replace("Expires=", "x=1&Expires=")
    assert explain_corpus(network, anew, tmp_path / "out", settings=SETTINGS).skipped_rows == 22


SECRETS = {
    "s3://AKIAKEY:top%2Fsecret@lens/in.csv": "s3://lens/in.csv",
    "http://me:top%2Fsecret@127.0.0.1:9/a/in.csv?sig=AKIAKEY&b=top%2Fsecret#AKIAKEY": (
        "http://127.0.0.1:9/a/in.csv"
    ),
    "simplecache::ftp://AKIAKEY:topsecret@127.0.0.1:9/in.csv": "simplecache::ftp://127.0.0.1:9/in.csv",
}


@pytest.mark.parametrize("url", SECRETS)
def test_what_opens_a_url_is_told_nowhere(url, store, network, tmp_path):
    assert urls.shown(url) == SECRETS[url]
    assert format_of(url) == "csv"
    for call in (
        lambda: explain_corpus(network, url, tmp_path / "out"),
        lambda: explain_corpus(
            network, corpora.write_csv(tmp_path / "a.csv", {"text": ["w2"]}), url
        ),
    ):
        with pytest.raises(InputError) as told:
            call()
        assert SECRETS[url] in str(told.value)
        for secret in ("AKIAKEY", "secret", "top%2Fsecret"):
            assert secret not in str(told.value)


@pytest.mark.parametrize(
    "path", ["a?b=c@d/in.csv", "C:\\in.csv", "file:///tmp/a@b?c.csv", "s3://b/a@b.csv"]
)
def test_a_path_is_shown_as_it_is(path):
    assert urls.shown(path) == path
    assert urls.without_secrets(f"No {path}", path) == f"No {path}"


def test_a_run_whose_manifest_kept_the_query_goes_on():
    old = {"input": {"path": "https://host/in.csv?sig=1"}}
    check_same(old, {"input": {"path": "https://host/in.csv"}}, "out")
    with pytest.raises(InputError, match="the input differs") as told:
        check_same(old, {"input": {"path": "https://host/other.csv"}}, "out")
    assert "sig" not in str(told.value)


class Renaming(MemoryFileSystem):
    """Of those systems, as SFTP is one, that change a name and copy nothing."""

    protocol = "renaming"
    seen: ClassVar[list[tuple[str, str]]] = []

    def mv(self, old: str, new: str) -> None:
        self.seen.append((old, new))
        self.store[new] = self.store.pop(old)


def test_where_names_can_be_changed_a_file_has_another_until_it_is_whole():
    fsspec.register_implementation("renaming", Renaming, clobber=True)
    folder = Folder("renaming://out")
    folder.write("part-00000.parquet", b"whole")
    ((old, new),) = Renaming.seen
    assert TEMPORARY.fullmatch(old.rsplit("/", 1)[-1])
    assert new.endswith("/part-00000.parquet")
    assert folder.names() == ["part-00000.parquet"]


def test_an_evaluation_goes_on_with_what_a_store_keeps(store, network, monkeypatch):
    asked = {"methods": ["lrp"], "measures": ["sparsity"], "keep": f"s3://{BUCKET}/measured"}
    first = evaluate(network, corpora.texts(9), **asked)
    assert len(objects(store, "measured")) == 1
    monkeypatch.setattr(where, "measuring", None)  # nothing is left to measure
    again = evaluate(network, corpora.texts(9), **asked)
    np.testing.assert_array_equal(again.values["sparsity"], first.values["sparsity"])
