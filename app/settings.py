"""Every limit and default of the dashboard, in one place.

`.streamlit/config.toml` repeats UPLOAD_MEGABYTES, because the server has to know it before any
code runs; a test holds the two together.
"""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]

# The environment variable that names the model to open on: a folder or a file that
# `lrp_engine.load` reads. Without it: the bundled one.
MODEL_VARIABLE = "LRP_LENS_MODEL"
BUNDLED_MODEL = REPOSITORY / "sample_models" / "sentiment"
# In a model's folder, where there are such: sentences to pick (text, label), see app/opening.py.
EXAMPLES_FILE = "examples.csv"
OPENING_FILE = "opening.npz"

DEFAULT_TEXT = "neither funny nor suspenseful nor particularly well-drawn ."

# What one request may cost.
TEXT_WORDS = 5_000
TEXT_CHARACTERS = 60_000
LINK_CHARACTERS = 1_500  # longer texts are left out of the address bar
EXAMPLES_READ = 2_000

# Uploads. Browsers are told the same, but only this is enforced.
UPLOAD_MEGABYTES = 200  # one file of weights or embeddings
VOCABULARY_MEGABYTES = 20
REFERENCE_MEGABYTES = 50
LABELS_CHARACTERS = 20_000

# What stays in memory: models per browser session, and for everyone together.
MODELS_PER_SESSION = 3
MODELS_CACHED = 8
EXPLANATIONS_CACHED = 64
PREDICTIONS_CACHED = 16

# Settings of the rule, and where their controls begin and end.
EPS_DEFAULT = 1e-3
EPS_STEPS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
EPS_LARGEST = 1_000.0
BIAS_FACTOR_DEFAULT = 0.0

# From this many words on, a heatmap scrolls inside a frame of this height, in pixels.
WORDS_UNFRAMED = 300
FRAME_HEIGHT = 420


def model_path() -> Path:
    """The model the dashboard opens on."""
    return Path(os.environ.get(MODEL_VARIABLE) or BUNDLED_MODEL)
