"""Conservation: where the score goes, and whether everything adds up."""

from app.components import account, conservation, headline, proof
from app.components.layout import page
from app.components.question import ask, targets
from app.methods import ACCOUNT_METHOD

with page("Where does the score go?") as run:
    proof.lead(run)
    answer = ask(run)
    if answer is not None:
        headline.show(answer)
        targets(answer)
        accounted = answer.explanations[ACCOUNT_METHOD.name]
        account.summary(accounted)
        conservation.show(answer, accounted, run)
