"""Conservation: where the score goes, and whether everything adds up."""

from app.components import account, flows, layout, results
from app.components.question import ask, targets
from app.state.choices import CONSERVATION_VIEW

page = layout.begin("Where does the score go?", CONSERVATION_VIEW)
answer = ask(page)
if answer is not None:
    results.verdict(answer)
    targets(answer)
    account.summary(answer.sums)
    account.terms(answer.first.token_kind)
    account.verdict(answer.sums)
    account.waterfall(answer.sums)
    account.steps(answer.sums)
    account.ledger(answer.sums)
    flows.show(answer, page)
page.end()
