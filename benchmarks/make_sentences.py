"""Writes sentences.txt.xz: 2,210 real sentences of 5 to 56 words, for `speed.py`.

Sentences of Rotten Tomatoes reviews from the PyPI package vaderSentiment 3.3.2 (MIT licence), by
C. J. Hutto and E. E. Gilbert (2014), "VADER: A Parsimonious Rule-based Model for Sentiment Analysis
of Social Media Text", ICWSM-14. Which ones is decided by the SHA-256 of their text. Downloads that
package; run it as `python benchmarks/make_sentences.py WORKING_FOLDER`.
"""

from __future__ import annotations

import hashlib
import lzma
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "sample_models" / "sentiment")]

import train  # noqa: E402

COUNT, SHORTEST, LONGEST = 2_210, 5, 56


def main() -> None:
    archive = train.fetch(train.SENTENCES, Path(sys.argv[1]))
    texts = train.read_sentences(archive).texts
    fitting = [text for text in texts if SHORTEST <= len(train.TOKENIZER(text)) <= LONGEST]
    fitting.sort(key=lambda text: hashlib.sha256(text.lower().encode()).hexdigest())
    data = "".join(f"{text}\n" for text in fitting[:COUNT])
    (ROOT / "benchmarks" / "sentences.txt.xz").write_bytes(lzma.compress(data.encode(), preset=9))


if __name__ == "__main__":
    main()
