"""What a traced graph asks of the device that it is bound to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tensorflow.python.framework import kernels

from lrp_engine.propagation.program import Program

FEWEST = 10  # different operations of a pass through the smallest network


def graphs(program: Program) -> Iterator[Any]:
    """The graphs of the passes that were traced so far."""
    for passes in (program._passes, program._forward_passes):
        for (*_, traced), run in passes.items():
            if traced:
                yield run.graph.as_graph_def()


def operations(graph: Any) -> list[Any]:
    """One node of each operation, device and types; no arguments."""
    inner = [node for one in graph.library.function for node in one.node_def]
    nodes = {(n.op, n.device, str(sorted(_types(n).items()))): n for n in [*graph.node, *inner]}
    return [node for node in nodes.values() if node.op != "Placeholder"]


def is_bound(node: Any) -> bool:
    """Whether it runs on the CPU asked for; what TensorFlow adds at the end hands results over."""
    return "CPU:0" in node.device or node.op == "Identity"


def a_gpu_can(node: Any) -> bool:
    """Whether TensorFlow has this operation for GPUs, in the types it is used in."""
    return any(map(_fits(node), _kernels(node.op)))


@cache
def _kernels(operation: str) -> list[Any]:
    return list(kernels.get_registered_kernels_for_op(operation).kernel)


def _types(node: Any) -> dict[str, list[int]]:
    """Attribute -> types, for attributes that hold types."""
    held = {name: [value.type, *value.list.type] for name, value in node.attr.items()}
    return {name: [t for t in types if t] for name, types in held.items() if any(types)}


def _fits(node: Any) -> Callable[[Any], bool]:
    types = _types(node)

    def fits(kernel: Any) -> bool:
        return kernel.device_type in ("GPU", "DEFAULT") and all(
            set(types.get(one.name, ())) <= set(one.allowed_values.list.type)
            for one in kernel.constraint
        )

    return fits
