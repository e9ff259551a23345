"""Explain: which words made the model say that."""

from app.components import frontend, numeric_views, proof, results
from app.components.layout import page
from app.components.question import ask, targets

with page("Which words made the model say that?") as run:
    proof.lead(run)
    answer = ask(run)
    if answer is not None:
        targets(answer)
        results.linked(answer)
        numeric_views.show(answer, run)
        if not answer.model.reads_numbers:
            frontend.tour()
    frontend.go_to_part()
