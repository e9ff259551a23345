"""Every limit and default of the dashboard, in one place.

`.streamlit/config.toml` repeats UPLOAD_MEGABYTES, because the server has to know it before any
code runs; a test holds the two together.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Callable
from pathlib import Path

from lrp_engine.propagation.room import megabytes_or

REPOSITORY = Path(__file__).resolve().parents[1]

# The environment variable that names the model to open on: a folder or a file that
# `lrp_engine.load` reads. Without it: the bundled one.
MODEL_VARIABLE = "LRP_LENS_MODEL"
BUNDLED_MODEL = REPOSITORY / "sample_models" / "sentiment"
# Where reviewed sets are kept (a folder), and the database of verdicts (a URL); see data_folder
# and database_url for what stands in for them.
DATA_VARIABLE = "LRP_LENS_DATA"
DATABASE_VARIABLE = "LRP_LENS_DATABASE"
# Set to 1 where other machines may ask; without it the dashboard answers nobody but this one.
REMOTE_VARIABLE = "LRP_LENS_ALLOW_REMOTE"
# In a model's folder, where there are such: sentences to pick (text, label), see
# app/models/opening.py.
EXAMPLES_FILE = "examples.csv"
OPENING_FILE = "opening.npz"
TYPICAL_FILE = "typical.json"  # see app/models/typical.py

DEFAULT_TEXT = "neither funny nor suspenseful nor particularly well-drawn ."

# What one request may cost.
TEXT_WORDS = 5_000
TEXT_CHARACTERS = 60_000
TEXT_VALUES = 5_000 * 512  # words times embedding units; results hold so many for each method
SESSION_MEGABYTES = 8  # a session's file: a text, and as many again to undo
SESSION_MODELS = 8  # that such a file may name
SESSION_VALUES = 100_000  # of its JSON
# Links: characters of texts as they are; of texts packed, which proxies let through; bytes that
# packed or kept ones hold. What is longer is kept on the server when somebody copies the link.
LINK_CHARACTERS = 1_500
ADDRESS_CHARACTERS = 6_000
LINK_UNPACKED = 800_000
LINK_DAYS = 90  # after which a kept text goes that nobody opened
LINKS_KEPT = 2_000
LINKS_MEGABYTES = 200  # of all of them
EXAMPLES_READ = 2_000

# Models that read numbers: columns of a step that can be typed, steps to begin with, features that
# have a field each (more stand in a table), and the size of a number.
STEP_COLUMNS = 32
STEPS_AT_START = 5
PASTED_CHARACTERS = 200_000  # of numbers
STEPS_NUMBERED = 60  # of longer series no number stands under each step
STEPS_OPEN = 12  # of longer series the table is folded away
FEATURE_FIELDS = 40
LARGEST_NUMBER = 1e9

# A text is explained by itself when typing rests for so many milliseconds; longer ones when asked.
TYPING_PAUSE = 400
TYPING_CHARACTERS = 2_000
UNDO_STEPS = 50

# Uploads. Browsers are told the same, but only this is enforced.
UPLOAD_MEGABYTES = 200  # one file of weights or embeddings
VOCABULARY_MEGABYTES = 20
REFERENCE_MEGABYTES = 50
# What the server keeps of a session's files until the session ends; of everybody's: below.
SESSION_FILES_MEGABYTES = 480  # all files of a form
UPLOAD_IDLE_SECONDS = 60  # that an upload may stand still
LABELS_MEGABYTES = 1
TRIED_TEXTS = 30  # typed with the numbers of another program
TRIED_CHARACTERS = 20_000  # of them together
SPEC_CHARACTERS = 500_000  # the text of model.to_json() of a large model

# What the server holds for everybody together: one budget, and who has which share of it. Python,
# TensorFlow and this code take some 850 MB more: a machine of 4 GB is enough.
MEMORY_MEGABYTES = 2_800
FILES_MEGABYTES = 500  # as they were uploaded
ANSWERS_MEGABYTES = 128  # explanations, tables of sets, whatever was computed or found out before
# Passes that run, as counted beforehand (`lrp_engine.limit_passes`); `room.VARIABLE` raises it.
PASS_MEGABYTES = 1_350
MODELS_MEGABYTES = (  # and reading the next one
    MEMORY_MEGABYTES - FILES_MEGABYTES - ANSWERS_MEGABYTES - PASS_MEGABYTES
)
PASS_OPERATIONS = 4e11  # of one pass: some 20 seconds
PROOF_SECONDS = 60  # that the proof of a model may go on
MODELS_PER_SESSION = 3
# Uploads on disk, each under a key: megabytes of one and of all, how many, and the days after which
# one goes that nobody opened. A model that is opened again is read into memory outside the shares
# above, one at a time: a larger one would not fit beside them.
MODEL_KEPT_MEGABYTES = 200
MODELS_KEPT_MEGABYTES = 5_000
MODELS_KEPT = 500
MODEL_DAYS = 30
OPENING_WAITING = 8  # kept models that wait to be opened
RECENT = 12  # models and sets that a browser remembers
SAMPLES_CACHED = 16  # models that come with the dashboard, and proofs of such
PREDICTIONS_CACHED = 16
READING = 1  # uploads that are read at the same time
READING_WAITING = 8  # that wait for their turn

OTHER_OUTPUTS = 5  # of a file with several, read besides the first

# Examples that say which scale of colour is typical for a model, and how many models and rules may
# be asked for it at the same time.
TYPICAL_EXAMPLES = 60
TYPICAL_RUNNING = 2

# Words times methods of a picture as PNG; SVG has no limit.
PNG_WORDS = 6_000

PINS = 20  # texts that a session keeps pinned

# Compare: rows at once, and cells (rows times words) on the screen; longer texts come in parts.
COMPARE_ROWS = 12
COMPARE_CELLS = 1_500
# Words of a text whose rows are held against leaving each one out, unasked.
COMPARE_LEFT_OUT = 200
# What a method that is not live may cost: it reads n words n times over, so n times n times the
# input units. With the bundled model that is a few seconds at most.
REQUEST_VALUES = 500 * 500 * 100
# Random sets of words that are taken out while one types: as many as read so many words together,
# and no fewer than these.
ABLATION_WORDS = 20_000
ABLATION_LEAST = 5
# Conservation: what the sweep goes through, and up to how many words by itself.
SWEEP_EPS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
SWEEP_BIAS_FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0)
SWEEP_WORDS = 300

# Labelled sets to review: what one may cost, how many are worked on, how many are kept on disk.
REVIEW_ROWS = 10_000
REVIEW_MEGABYTES = 20  # of the file
REVIEW_COLUMNS = 100
REVIEW_WORDS = 1_000_000  # of all texts together
REVIEW_STEP = 100  # rows explained between two looks at Cancel
REVIEW_RUNNING = 2  # sets explained at the same time, of different sessions
REVIEW_WAITING = 8  # sets that wait for their turn
REVIEW_SHARE = 4  # of both together, sets that one session may have
REVIEW_SECONDS = 1_800  # of work at a set; then it stops, and somebody has to ask for the rest
REVIEW_SETS = 500  # on disk, each until it is deleted: one more is refused
REVIEW_NOTE = 4_000  # characters of a note
REVIEW_TAGS = 20  # of one row; REVIEW_TAG characters each
REVIEW_TAG = 40
REVIEW_NAME = 80  # characters of a reviewer's name
REVIEWER_DAYS = 180  # that a browser keeps the reviewer's name
REVIEW_REPORT_ROWS = 2_000  # of the web page
REVIEW_REPORT_CLASSES = 50  # whose words it lists
REVIEW_SCORES = 5_000_000  # rows times classes: a summary holds a probability for each
MATRIX_CLASSES = 20  # of the confusion matrix: those with the most texts
# Trust: texts that explanations are measured on, words of all of them, texts of a step; methods
# times rules; texts that random weights are tried on; memory that one may take.
TRUST_COUNTS = (50, 100, 200, 500, 1_000)
TRUST_COUNT = 100
TRUST_WORDS = 100_000
TRUST_STEP = 16
TRUST_EXPLAINERS = 10
TRUST_CHECKED = 32
TRUST_MEGABYTES = 200
# Results on disk: so many, so large together; what nobody opened for longest goes first.
TRUST_KEPT = 500
TRUST_KEPT_MEGABYTES = 500
# A trial reads an upload first, in a process of its own with so much memory and time: seconds of
# computing; and by the clock, a far backstop, since a busy machine reads slowly.
TRIAL_MEGABYTES = 2_048
TRIAL_SECONDS = 60
TRIAL_WALL_SECONDS = 300
REFUSAL_CHARACTERS = 1_000  # of what a trial says against a file

# Settings of the rule, and where their controls begin and end.
EPS_DEFAULT = 1e-3
EPS_STEPS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
EPS_SMALLEST = 1e-12
EPS_LARGEST = 1_000.0
BIAS_FACTOR_DEFAULT = 0.0
RULE_CHARACTERS = 1_500  # of a rule by layer in a link

# Words of a text that the lesson follows step by step: more cannot be read on a screen.
LESSON_WORDS = 60

# From this many words on, a text has an overview: more do not fit on the first screen.
OVERVIEW_WORDS = 60
# From this many words on, a heatmap scrolls inside a frame, see `words.css`.
WORDS_UNFRAMED = 300


def most_words(units: int) -> int:
    """Words of one text that a model with so many input units may be asked about."""
    return max(1, min(TEXT_WORDS, TEXT_VALUES // units))


def most_words_on_request(passes: Callable[[int], int], units: int, *, time: bool) -> int:
    """Words of one text, or features, that a method which is not live may be asked about.

    Args:
        passes: words -> passes that the method takes.
        time: whether a text takes a time step per word; features are read at once.
    """

    def steps(words: int) -> int:
        return passes(words) * (words if time else 1)

    most = REQUEST_VALUES // max(1, units)
    return max(1, bisect_right(range(1, most + 1), most, key=steps))


def remote_is_allowed() -> bool:
    """Whether somebody decided that other machines may ask."""
    return os.environ.get(REMOTE_VARIABLE) == "1"


def pass_megabytes() -> float:
    """What all running passes may hold together."""
    return megabytes_or(PASS_MEGABYTES)


def data_folder() -> Path:
    """Where reviewed sets and their database are kept."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(os.environ.get(DATA_VARIABLE) or Path(home) / "lrp-lens")


def database_url() -> str:
    """The database of verdicts, as SQLAlchemy writes it."""
    url = os.environ.get(DATABASE_VARIABLE) or f"sqlite:///{data_folder() / 'reviews.db'}"
    # PostgreSQL speaks through psycopg 3, the driver that is declared.
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return f"postgresql+psycopg://{url.removeprefix(scheme)}"
    return url


def model_path() -> Path:
    """The model the dashboard opens on."""
    return Path(os.environ.get(MODEL_VARIABLE) or BUNDLED_MODEL)
