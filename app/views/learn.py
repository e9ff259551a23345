"""Learn: the lesson, from a single sum to a whole sentence."""

from app.components import layout
from app.components.learn import lesson

page = layout.begin("How relevance is found", "learn")
lesson.show(page)
page.end()
