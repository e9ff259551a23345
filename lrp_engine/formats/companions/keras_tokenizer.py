"""The settings of a Keras Tokenizer as options of the text pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrp_engine.model.text import Vocabulary
from lrp_engine.model.text.options import checked
from lrp_engine.model.text.tokenizer import DROP

# What Keras calls a setting, and what it is called here.
_NAMES = {"lower": "lowercase", "filters": "filters", "split": "split", "char_level": "char_level"}


def keras_options(settings: Mapping[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """Options of the text pipeline, from the settings by Keras' own names.

    A setting that is left out, as old files do, is the usual one of Keras. A word that is not known
    is left out, or becomes `oov_token`, where there is one.

    Raises:
        FormatError: a setting is of the wrong type.
    """
    options: dict[str, Any] = {"method": "keras", "unknown": DROP}
    for theirs, ours in _NAMES.items():
        if settings.get(theirs) is not None:
            options[ours] = settings[theirs]
    if isinstance(options.get("filters"), list):
        options["filters"] = "".join(map(str, options["filters"]))
    most = settings.get("num_words")
    if most:  # 0 is none, as for Keras
        whole = isinstance(most, float) and most.is_integer()  # not where it is NaN or infinite
        options["num_words"] = int(most) if whole else most
    unknown = settings.get("oov_token")
    if isinstance(unknown, str) and unknown in vocabulary.index:
        options["unknown"] = unknown
    return checked(options, "The Keras Tokenizer")
