"""Conservation: where the score goes, and whether everything adds up."""

from app.components import account, flows, results
from app.components.layout import page
from app.components.question import ask, targets

with page("Where does the score go?") as run:
    answer = ask(run)
    if answer is not None:
        results.verdict(answer)
        targets(answer)
        account.summary(answer.sums)
        account.terms(answer.first.token_kind)
        account.verdict(answer.sums)
        account.waterfall(answer.sums)
        account.steps(answer.sums)
        account.ledger(answer.sums)
        flows.show(answer, run)
