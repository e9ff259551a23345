"""Other ways to the same kind of answer, beside ours: `python -m benchmarks.peers --rounds 3`.

One bidirectional LSTM with random weights, a sentence alone and 20 at once, on one thread: CPU
time of a sentence. With torch and captum installed (`pip install torch captum`, which no part of
this project requires) captum's saliency, occlusion and integrated gradients run on the same
weights; without them the engine and the numpy loop stand alone.

Axes: B batch, T words, E input units, H hidden units, C classes.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from benchmarks import numpy_loop
from benchmarks.networks import C, E, H, random_network
from benchmarks.shapes import CPU, best, fresh
from lrp_engine.model.network import Network

T, BATCHES = 25, (1, 20)
STEPS = 50  # of captum's integrated gradients, its default; ours refines until it is content


class Way(NamedTuple):
    """What is timed: its program and its name, and how inputs (B, T, E) are asked."""

    by: str
    what: str
    run: Callable[[np.ndarray], Any]


def of_engine(network: Network) -> list[Way]:
    ask: dict[str, dict[str, Any]] = {
        "LRP + ledger": {},
        "LRP + ledger, words only": {"units": False},
        "sensitivity (squared gradient)": {"method": "sensitivity"},
        "occlusion, word by word": {
            "method": "occlusion",
            "method_options": {"removal": "zero"},
        },
        "integrated gradients": {"method": "integrated_gradients"},
    }
    return [Way("engine", "forward", network.predict)] + [
        Way("engine", what, lambda x, options=options: network.explain(x, target=0, **options))
        for what, options in ask.items()
    ]


def of_numpy(network: Network) -> list[Way]:
    """Sentence by sentence."""
    ways = {
        "LRP by matrix products": {},
        "LRP by messages, as published": {"back": numpy_loop.by_messages},
    }
    return [
        Way(
            "numpy loop",
            what,
            lambda x, options=options: [numpy_loop.relevance(network, one, **options) for one in x],
        )
        for what, options in ways.items()
    ]


def of_captum(arrays: list[np.ndarray]) -> list[Way]:
    """Nothing where torch or captum is not installed."""
    try:
        import torch
        from captum import attr
    except ImportError as problem:
        print(f"Captum is left out: {problem}.\n")
        return []
    torch.set_num_threads(1)
    module = _module(torch, arrays)

    def asked(make: Callable[[], Any], **options: Any) -> Callable[[np.ndarray], Any]:
        method = make()
        return lambda x: method.attribute(torch.tensor(x), target=0, **options).detach().numpy()

    def forward(x: np.ndarray) -> Any:
        with torch.no_grad():
            return module(torch.tensor(x)).numpy()

    return [
        Way("captum", "forward", forward),
        Way("captum", "saliency (gradient)", asked(lambda: attr.Saliency(module), abs=False)),
        Way("captum", "occlusion, word by word",
            asked(lambda: attr.Occlusion(module), sliding_window_shapes=(1, E))),
        Way("captum", f"integrated gradients, {STEPS} steps",
            asked(lambda: attr.IntegratedGradients(module), n_steps=STEPS)),
    ]  # fmt: skip


def _module(torch: Any, arrays: list[np.ndarray]) -> Any:
    """The network of eight arrays as a module of torch."""

    class Classifier(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.lstm = torch.nn.LSTM(E, H, batch_first=True, bidirectional=True)
            self.out = torch.nn.Linear(2 * H, C)

        def forward(self, x: Any) -> Any:
            _, (h, _) = self.lstm(x)
            return self.out(torch.cat([h[0], h[1]], dim=-1))

    module = Classifier().eval()
    state = module.state_dict()
    for direction, end in enumerate(("", "_reverse")):
        kernel, recurrent, bias = arrays[3 * direction : 3 * direction + 3]
        state[f"lstm.weight_ih_l0{end}"] = torch.tensor(kernel.T.astype("float32"))
        state[f"lstm.weight_hh_l0{end}"] = torch.tensor(recurrent.T.astype("float32"))
        state[f"lstm.bias_ih_l0{end}"] = torch.tensor(bias.astype("float32"))
        state[f"lstm.bias_hh_l0{end}"] = torch.zeros(4 * H)
    state["out.weight"] = torch.tensor(arrays[6].T.astype("float32"))
    state["out.bias"] = torch.tensor(arrays[7].astype("float32"))
    module.load_state_dict(state)
    return module


def table(rounds: int) -> None:
    """Print milliseconds of CPU time for a sentence, as Markdown."""
    network, arrays = random_network("float32")
    ways = [*of_engine(network), *of_numpy(network), *of_captum(arrays)]
    x = np.random.default_rng(1).normal(size=(max(BATCHES), T, E)).astype("float32")
    same = [way.run(x[:2]) for way in ways if way.what == "forward"]
    for other in same[1:]:
        np.testing.assert_allclose(other, same[0], atol=1e-4)
    times = []
    for B in BATCHES:
        runs = [partial(way.run, x[:B]) for way in ways]
        times.append([seconds / B for seconds in best(rounds, CPU, *runs)])
    print(f"T {T}, E {E}, H {H}, C {C}, float32, one thread; CPU milliseconds a sentence\n")
    print(f"| by | what | {' | '.join(f'batch {B}' for B in BATCHES)} |")
    print("|---|---|" + "---|" * len(BATCHES))
    for way, *seconds in zip(ways, *times, strict=True):
        cells = " | ".join(f"{1e3 * one:.2f}" for one in seconds)
        print(f"| {way.by} | {way.what} | {cells} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds; the best counts")
    fresh(table, parser.parse_args().rounds, one_thread=True)


if __name__ == "__main__":
    main()
