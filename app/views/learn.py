"""Learn: the lesson, from a single sum to a whole sentence."""

from app.components import proof
from app.components.layout import page
from app.components.learn import lesson

with page("How relevance is found") as run:
    proof.lead(run)
    lesson.show(run)
