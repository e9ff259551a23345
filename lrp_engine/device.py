"""Which device TensorFlow computes on."""

from __future__ import annotations


def current() -> str:
    """The device in words: "GPU: <name>" for each GPU TensorFlow sees, else "CPU"."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
             for gpu in gpus]  # fmt: skip
    return f"GPU: {', '.join(names)}" if names else "CPU"
