"""Review: a whole set, the doubtful decisions first, and what people say of them."""

from app.components import frontend, proof, recent
from app.components.layout import page
from app.components.review import desk

with page("Which decisions need a second look?") as run:
    proof.lead(run)
    desk.show(run)
    recent.section()
    frontend.go_to_part()
