"""Which device TensorFlow computes on: named, checked, and never left silently.

A device is "cpu", "gpu" or one of several, "gpu:1"; None leaves the choice to TensorFlow. On
"xla_cpu" and "xla_gpu" TensorFlow's compiler XLA makes one program of a pass for each shape of
inputs: seconds for the first of a shape, less time for all that follow.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator

from lrp_engine.errors import InputError

_NAME = re.compile(r"(?:xla_)?(cpu|gpu)(?::\d{1,3})?")
XLA = "xla_"


def checked(name: object) -> str | None:
    """A device's name in lower case; whether the device is there is not asked.

    Raises:
        InputError: it is no such name.
    """
    if name is None:
        return None
    if not isinstance(name, str) or not _NAME.fullmatch(name.lower()):
        raise InputError(
            f"device is {name!r}; choose 'cpu', 'gpu', one of several GPUs as in 'gpu:1', one of "
            "these after 'xla_' for passes compiled by XLA, or none for TensorFlow's choice."
        )
    return name.lower()


def require(name: str | None) -> None:
    """Stop where this machine lacks a device that was asked for.

    Raises:
        InputError: it is no name of a device, or TensorFlow sees no such device.
    """
    name = checked(name)
    if name is None or name.removeprefix(XLA) == "cpu":  # always there
        return
    kind, index = _parts(name)
    import tensorflow as tf

    visible = _visible(kind)
    if index < visible:
        return
    seen = ", ".join(f"{_visible(each)} {each}" for each in ("CPU", "GPU"))
    text = f"Device {name!r} was asked for, but TensorFlow {tf.__version__} sees {seen}."
    if visible:
        raise InputError(f"{text} The last {kind} is '{kind.lower()}:{visible - 1}'.")
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES")
    shown = "is not set" if hidden is None else f"is {hidden!r}"
    raise InputError(
        f"{text} Install the CUDA libraries with: pip install 'tensorflow[and-cuda]' (as in "
        "requirements-gpu.txt); see that `nvidia-smi` lists the GPU, which needs NVIDIA's driver; "
        f"CUDA_VISIBLE_DEVICES, which hides GPUs, {shown}. Or compute on 'cpu'."
    )


def compiles(name: str | None) -> bool:
    """Whether passes on a device are compiled by XLA, anew for each shape of inputs."""
    return name is not None and name.startswith(XLA)


def uncompiled(name: str) -> str:
    """The same device without XLA."""
    return name.removeprefix(XLA)


def is_gpu(name: str | None) -> bool:
    """Whether a GPU was asked for."""
    return name is not None and _parts(name)[0] == "GPU"


def prepare() -> None:
    """Let TensorFlow take GPU memory as it needs it, not all of it at once.

    Works only before TensorFlow has started its GPUs; after that, what was set then holds.
    """
    import tensorflow as tf

    for gpu in tf.config.list_physical_devices("GPU"):
        with contextlib.suppress(RuntimeError, ValueError):  # started, or given a fixed limit
            tf.config.experimental.set_memory_growth(gpu, True)


@contextlib.contextmanager
def placed(name: str | None) -> Iterator[None]:
    """Operations made or run inside are on this device; what it cannot do fails.

    TensorFlow moves an operation that a device cannot do to another one, unless soft placement is
    off. That is one switch for the whole process, so it is off while anyone is inside.
    """
    if name is None:
        yield
        return
    import tensorflow as tf

    kind, index = _parts(name)
    with _strict(), tf.device(f"/{kind}:{index}"):
        yield


def current() -> str:
    """The device in words: "GPU: <name>" for each GPU TensorFlow sees, else "CPU"."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", gpu.name)
             for gpu in gpus]  # fmt: skip
    return f"GPU: {', '.join(names)}" if names else "CPU"


def _parts(name: str) -> tuple[str, int]:
    """ "gpu:1" and "xla_gpu:1" as ("GPU", 1)."""
    kind, _, index = name.removeprefix(XLA).partition(":")
    return kind.upper(), int(index or 0)


def _visible(kind: str) -> int:
    """How many devices of a kind TensorFlow offers; asking does not start them."""
    import tensorflow as tf

    configured = map(
        tf.config.get_logical_device_configuration, tf.config.get_visible_devices(kind)
    )
    return sum(len(parts or [None]) for parts in configured)


_turn, _inside, _usual = threading.Lock(), 0, True


@contextlib.contextmanager
def _strict() -> Iterator[None]:
    import tensorflow as tf

    global _inside, _usual
    with _turn:
        if _inside == 0:
            _usual = tf.config.get_soft_device_placement()
        _inside += 1
        tf.config.set_soft_device_placement(False)  # by each: a thread remembers its own options
    try:
        yield
    finally:
        with _turn:
            _inside -= 1
            if _inside == 0:
                tf.config.set_soft_device_placement(_usual)
