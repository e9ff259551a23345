"""What the server holds for everybody, each part within its share of `settings.MEMORY_MEGABYTES`.

Streamlit's own caches count entries, not bytes, and outlive the sessions that filled them.
"""

from __future__ import annotations

from functools import cache

from app import settings
from app.models.byte_lru import ByteLRU
from app.models.memory import MEGABYTE, ModelMemory
from app.models.waiting_line import WaitingLine


@cache
def answers() -> ByteLRU:
    """What was computed or found out before, by what was asked; about a model, until it is gone."""
    return ByteLRU(settings.ANSWERS_MEGABYTES * MEGABYTE)


@cache
def memory() -> ModelMemory:
    """The models that sessions brought."""
    return ModelMemory(settings.MODELS_MEGABYTES * MEGABYTE, gone=answers().forget)


@cache
def reading() -> WaitingLine:
    """Who reads an upload."""
    return WaitingLine(settings.READING, waiting=settings.READING_WAITING)
