"""Conservation: where the score goes, and whether everything adds up."""

from app.components import account, layout, results
from app.components.question import ask, targets

page = layout.begin("Where does the score go?")
answer = ask(page)
if answer is not None:
    results.verdict(answer)
    targets(answer)
    account.summary(answer.sums)
    account.verdict(answer.sums)
    account.waterfall(answer.sums)
    account.steps(answer.sums)
    account.ledger(answer.sums)
    account.terms()
page.end()
