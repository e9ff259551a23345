"""Explain: which words made the model say that."""

from app.components import layout, numeric_views, results
from app.components.question import ask, targets

page = layout.begin("Which words made the model say that?")
answer = ask(page)
if answer is not None:
    results.verdict(answer)
    targets(answer)
    numeric_views.known(answer)
    results.linked(answer)
    numeric_views.show(answer, page)
page.end()
