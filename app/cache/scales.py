"""Which scale of colour is typical for a model: computed in the background, kept by what was asked.

A text is answered before anybody looks at the examples: the first answer does not wait for them.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Hashable
from typing import TYPE_CHECKING

from app import settings
from app.cache.answers import Target
from app.cache.memory import answers
from app.models import opening, typical
from app.models.model import Model, Typical
from lrp_engine.errors import LensError

if TYPE_CHECKING:
    from lrp_engine.propagation.rules import Rule

_log = logging.getLogger("lrp_lens")
_lock = threading.Lock()
_running: set[tuple[Hashable, ...]] = set()


def has_typical_scale(model: Model) -> bool:
    """Whether there are examples that say what is typical."""
    return bool(typical.texts_of(model))


def typical_scale(model: Model, rule: Rule, target: Target = None) -> Typical | None:
    """How strong words typically are; None where it is not known yet.

    Args:
        target: the value explained, of models that say values, each in a unit of its own. Of
            classes it makes no difference: examples are explained for the class predicted.
    """
    if not has_typical_scale(model):
        return typical.NOTHING
    asked = _asked(model, target)
    if model.typical is not None and asked is None and rule == opening.RULE:
        return model.typical
    found: Typical | None = answers().find(_key(model, rule, asked))
    return found


def compute_typical_scale(model: Model, rule: Rule, target: Target = None) -> bool:
    """Compute it in the background where it is not known, and as few are computed as may be.

    Returns:
        Whether it is known.
    """
    if typical_scale(model, rule, target) is not None:
        return True
    asked = _asked(model, target)
    key = _key(model, rule, asked)
    with _lock:
        first = key not in _running and len(_running) < settings.TYPICAL_RUNNING
        if first:
            _running.add(key)
    if first:
        begin(key, model, rule, asked)
    return False


def _asked(model: Model, target: Target) -> Target:
    return None if model.network.output_kind.has_classes or target == 0 else target


def _key(model: Model, rule: Rule, asked: Target) -> tuple[Hashable, ...]:
    rule_key = json.dumps(rule.to_dict(), sort_keys=True)
    return (model.model_hash, "typical", typical.hash_of(typical.texts_of(model)), rule_key, asked)


def begin(key: tuple[Hashable, ...], model: Model, rule: Rule, target: Target) -> None:
    """Compute it in a thread, which a server that is asked to end does not wait for."""
    threading.Thread(target=compute, args=(key, model, rule, target), daemon=True).start()


def compute(key: tuple[Hashable, ...], model: Model, rule: Rule, target: Target) -> None:
    """Compute and keep it; where it cannot be computed, that nothing is known."""
    try:
        found = typical.computed(model, rule, target)
    except LensError as error:
        _log.info("No typical scale: %s", error)
        found = typical.NOTHING
    except Exception:  # noqa: BLE001 - the end of a thread: logged with its traceback
        _log.exception("No typical scale")
        found = typical.NOTHING
    answers().get(key, lambda: found)
    with _lock:
        _running.discard(key)
