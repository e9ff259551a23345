"""How long `evaluate` takes: `python -m benchmarks.evaluation`.

1,000 test reviews, six methods and all fast measures, on both bundled review models. The reviews
come from the package that the models were trained with, see `sample_models/common.py`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path

from benchmarks.papers import bundled
from lrp_engine import evaluate

METHODS = ("lrp", "sensitivity", "gradient_x_input", "occlusion", "integrated_gradients", "lime")
TEXTS = 1_000
WARM = 20  # texts measured before the clock starts: traces are made once for a model


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--texts", type=int, default=TEXTS)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--workers", type=int, default=1)
    folder = Path(tempfile.gettempdir()) / "lrp-lens-sample-data"
    parser.add_argument("--data-dir", type=Path, default=folder)
    given = parser.parse_args()
    methods = given.methods.split(",")
    for task in islice(bundled.tasks(bundled.TEST, given.data_dir), 2):
        texts, labels = task.texts[: given.texts], task.labels[: given.texts]
        evaluate(task.network, texts[:WARM], labels[:WARM], methods=methods)
        start, used = time.monotonic(), time.process_time()
        found = evaluate(task.network, texts, labels, methods=methods, workers=given.workers)
        print(
            f"{task.model}: {len(texts)} texts, {', '.join(methods)}: "
            f"{time.monotonic() - start:.0f} s, {time.process_time() - used:.0f} CPU s of this "
            f"process\n{found.sentence}",
            flush=True,
        )


if __name__ == "__main__":
    main()
