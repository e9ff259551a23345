"""Files of arrays that show whether they are as they were written."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from lrp_engine import sealed

ARRAYS = {"a": np.arange(6.0).reshape(2, 3), "text": np.array("ä"), "none": np.zeros((0, 2), "i4")}


def test_arrays_come_back():
    found = sealed.opened(sealed.sealed(ARRAYS, name="x"), name="x")
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


@pytest.mark.parametrize("damage", [
    lambda data: data[:-1], lambda data: data + b" ", lambda _: b"", lambda data: data[:64],
    lambda data: b"0" * 64 + data[64:], lambda data: data[:200] + b"?" + data[201:],
])  # fmt: skip
def test_damage_is_seen(damage):
    assert sealed.opened(damage(sealed.sealed(ARRAYS))) is None


def test_a_file_belongs_to_its_name():
    assert sealed.opened(sealed.sealed(ARRAYS, name="x"), name="y") is None


def test_what_is_no_archive_of_numbers_does_not_open(monkeypatch):
    for data in (b"", b"no zip"):
        assert sealed.opened(sealed._digest("", data) + data) is None
    with pytest.raises(ValueError, match="allow_pickle"):
        sealed.sealed({"a": np.array([None])})
    monkeypatch.setattr(sealed, "LARGEST", 100)
    assert sealed.opened(sealed.sealed({"a": np.zeros(1000)})) is None


def test_a_forged_file_opens_as_arrays_or_not_at_all():
    """Whoever knows how a digest is made can put anything behind it."""
    rng = np.random.default_rng(0)
    whole = sealed.sealed(ARRAYS)[64:]
    for _ in range(500):
        data = bytearray(whole)
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            data[place] = rng.integers(256)
        found = sealed.opened(sealed._digest("", bytes(data)) + bytes(data))
        assert found is None or all(isinstance(one, np.ndarray) for one in found.values())
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.npy", b"no array")
    assert sealed.opened(sealed._digest("", file.getvalue()) + file.getvalue()) is None
