"""Review: a whole set, the doubtful decisions first, and what people say of them."""

from app.components import layout
from app.components.review import desk

page = layout.begin("Which decisions need a second look?", "review")
desk.show(page)
page.end()
