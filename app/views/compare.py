"""Compare: any methods, rules, classes and models on the same sentence."""

from app.components import comparison, layout, results
from app.components.question import ask
from app.state.choices import COMPARE_VIEW

page = layout.begin("How do explanations compare?", COMPARE_VIEW)
answer = ask(page)
if answer is not None:
    results.verdict(answer)
    comparison.show(answer)
page.end()
