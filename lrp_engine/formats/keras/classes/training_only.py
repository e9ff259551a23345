"""Keras' layers that act in training only: they pass their input on."""

from __future__ import annotations

from lrp_engine.formats.keras.keras_class import Built, KerasClass, LayerConfig


def _identity(layer: LayerConfig) -> Built:
    return Built()


CLASSES = (
    KerasClass(name="Dropout", build=_identity, per_step=True),
    KerasClass(name="SpatialDropout1D", build=_identity),
    KerasClass(name="GaussianDropout", build=_identity),
    KerasClass(name="GaussianNoise", build=_identity),
    KerasClass(name="AlphaDropout", build=_identity),
    KerasClass(name="ActivityRegularization", build=_identity),
    KerasClass(name="Identity", build=_identity, per_step=True),
)
