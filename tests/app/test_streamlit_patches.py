"""Runs leave TensorFlow as it is."""

from __future__ import annotations

import keras
import pytest
from tensorflow.python.eager.context import Context

from app import streamlit_patches
from tests.app.reading import healthy


def test_a_run_throws_no_prepared_program_away(opened, monkeypatch: pytest.MonkeyPatch):
    thrown: list[Context] = []
    monkeypatch.setattr(Context, "clear_kernel_cache", lambda self: thrown.append(self))
    monkeypatch.setattr(keras.backend, "clear_session", keras.utils.clear_session)
    keras.backend.clear_session()
    assert thrown  # it is what would do it
    thrown.clear()
    assert healthy(opened())
    assert not thrown


def test_before_keras_is_there_nothing_happens(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(streamlit_patches.sys.modules, "keras")
    streamlit_patches.keep_keras_session()
