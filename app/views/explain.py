"""Explain: which words made the model say that."""

from app.components import frontend, numeric_views, proof, results
from app.components.layout import page
from app.components.question import ask, targets

with page("Which words made the model say that?") as run:
    proof.lead(run)
    answer = ask(run)
    if answer is not None:
        results.verdict(answer)
        targets(answer)
        numeric_views.known(answer)
        named = bool(answer.model.network.unit_names)
        if named:  # what the numbers of a step are is known: they say most
            numeric_views.by_unit(answer)
        results.linked(answer)
        if not named:
            numeric_views.by_unit(answer)
        numeric_views.show(answer, run)
        if not answer.model.reads_numbers:
            frontend.tour()
