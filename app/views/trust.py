"""Trust: how far the explanations of a model may be believed, measured on its texts."""

from app.components import proof
from app.components.layout import page
from app.components.trust import desk

with page("Which explanation can you trust?") as run:
    proof.lead(run)
    desk.show(run)
