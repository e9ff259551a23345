"""Keras' layers that act in training only: they pass their input on."""

from __future__ import annotations

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig


def _identity(layer: LayerConfig) -> Built:
    return Built()


CLASSES = (
    KerasClass(name="Dropout", reads="active in training only", build=_identity, per_step=True),
    KerasClass(name="SpatialDropout1D", reads="active in training only", build=_identity),
    KerasClass(name="GaussianDropout", reads="active in training only", build=_identity),
    KerasClass(name="GaussianNoise", reads="active in training only", build=_identity),
    KerasClass(name="AlphaDropout", reads="active in training only", build=_identity),
    KerasClass(name="ActivityRegularization", reads="active in training only", build=_identity),
    KerasClass(name="Identity", reads="active in training only", build=_identity, per_step=True),
)
