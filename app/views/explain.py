"""Explain: which words made the model say that."""

from app.components import layout, results, vectors
from app.components.question import ask, targets

page = layout.begin("Which words made the model say that?")
answer = ask(page)
if answer is not None:
    results.verdict(answer)
    targets(answer)
    vectors.known(answer)
    results.linked(answer)
    vectors.show(answer, page)
page.end()
