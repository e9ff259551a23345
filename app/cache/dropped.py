"""What a file that was dropped is for, and what texts say of a model: in turn, in the memory there
is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from app import settings
from app.cache.memory import answers, memory, reading
from app.models.model import Model
from app.models.uploads import unfolded
from lrp_engine.formats.containers.allowance import unfolding
from lrp_engine.formats.roles import Taken, taken_for

if TYPE_CHECKING:
    from lrp_engine.formats.companions.reference import Reference
    from lrp_engine.proof.text_search import TextCandidate
    from lrp_engine.proof.tried_texts import TriedTexts


def taken(name: str, data: bytes, tell: Callable[[int], object] = int) -> Taken:
    """What a file is for, see `taken_for`; `tell` as for `uploaded`.

    Raises:
        InputError: there is no room to open it.
    """

    def make() -> Taken:
        with reading().take(tell), memory().reserved(unfolded(data)) as room, unfolding(room):
            return taken_for(data, name)

    return answers().get((hashlib.sha256(data).hexdigest(), "taken for", name), make)


def tried(
    model: Model,
    reference: Reference,
    *,
    chosen: TextCandidate | None = None,
    tell: Callable[[int], object] = int,
) -> tuple[Model, TriedTexts]:
    """The model as texts with outputs say it reads texts, and what came of them.

    Args:
        chosen: a way to read texts that a person chose; `tell` as for `uploaded`.

    Raises:
        InputError: the texts do not fit the model; or there is no room for another one.
        OutOfTimeError: it takes too long.
    """
    from lrp_engine.proof.tried_texts import try_texts

    assert model.proof is not None
    with reading().take(tell):
        found = try_texts(
            model.network, model.proof, reference, chosen=chosen, seconds=settings.PROOF_SECONDS
        )
    said = json.dumps([*reference.texts, reference.outputs.tolist(), found.network.hash])
    upload_hash = hashlib.sha256(f"{model.upload_hash} {said}".encode()).hexdigest()
    # A network of its own: who brings the same files has not compared these texts.
    network = replace(found.network)
    memory().add(upload_hash, model.name, network, found.sheet)
    return replace(model, upload_hash=upload_hash, network=network, proof=found.sheet), found
