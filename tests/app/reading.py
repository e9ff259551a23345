"""What a session shows, as text; and its widgets by the name of what they edit."""

from __future__ import annotations

import json
import math
from typing import Any

from streamlit.components.v2.bidi_component.main import _make_trigger_id
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.testing.v1 import AppTest


def widget(app: AppTest, name: str) -> Any:
    """The widget bound to a choice."""
    kinds = ("text_area", "text_input", "selectbox", "multiselect", "select_slider", "slider",
             "number_input", "toggle", "button_group")  # fmt: skip
    for kind in kinds:
        for found in app.get(kind):
            if (found.key or "").startswith(f"lens.widget.{name}."):
                return found
    raise AssertionError(f"there is no widget for {name}")


def html(app: AppTest) -> str:
    """Everything written as HTML."""
    return "\n".join(element.proto.body for element in app.get("html"))


def component(app: AppTest, name: str) -> Any:
    """The only part in JavaScript of this name, as the browser is told of it."""
    found = [e.proto for e in app.get("bidi_component") if e.proto.component_name == name]
    assert len(found) == 1
    return found[0]


def heatmaps(app: AppTest) -> dict[str, Any]:
    """What the browser is told to draw as heatmaps."""
    return json.loads(component(app, "lens_words").json)


def tell(app: AppTest, name: str, event: str, value: Any) -> AppTest:
    """A run for what a part in JavaScript tells."""
    states = told(app)
    events = [{"event": event, "value": value}]
    aggregator = _make_trigger_id(component(app, name).id, "events")
    states.widgets.add(id=aggregator, json_trigger_value=json.dumps(events))
    return app._run(states)


def ways(app: AppTest) -> tuple[int | None, int | None]:
    """Rows that Previous and Next of a queue lead to, as `prev_next.js` finds them."""
    said = json.loads(component(app, "lens_prev_next").json)
    rows, at = said["rows"], said["at"]
    back, on = math.ceil(at) - 1, math.floor(at) + 1
    return rows[back] if back >= 0 else None, rows[on] if on < len(rows) else None


def go(app: AppTest, way: int) -> AppTest:
    """Press Next (1) or Previous (-1)."""
    row = ways(app)[way > 0]
    assert row is not None
    heard = json.loads(component(app, "lens_prev_next").json)["heard"]
    return tell(app, "lens_prev_next", "opened", [row, heard + 1])


def words(app: AppTest, row: int = 0) -> list[str]:
    """The words of a row of the heatmaps."""
    return [cell[0] for cell in heatmaps(app)["rows"][row]["cells"]]


def legend(app: AppTest, row: int = 0) -> str:
    """The words of a row's legend."""
    found = heatmaps(app)["rows"][row]["legend"]
    return "".join(text for text, _ in (*found["low"], ("; ", False), *found["high"]))


def press(app: AppTest, label: str) -> AppTest:
    """Press the button of this label."""
    return next(button for button in app.button if button.label == label).click().run()


def told(app: AppTest) -> WidgetStates:
    """What the browser says of its widgets now; it says nothing of buttons that are not pressed."""
    states = app._tree.get_widget_states()
    kept = [s for s in states.widgets if s.WhichOneof("value") != "trigger_value"]
    return WidgetStates(widgets=kept)


def echo(app: AppTest, earlier: WidgetStates) -> AppTest:
    """A run for a browser that has not heard yet which widgets are gone: it says them once more."""
    states = told(app)
    known = {state.id for state in states.widgets}
    states.widgets.extend(state for state in earlier.widgets if state.id not in known)
    assert len(states.widgets) > len(known)
    return app._run(states)


def messages(app: AppTest) -> str:
    """Errors, warnings, notes and successes."""
    found = [*app.error, *app.warning, *app.info, *app.success]
    return "\n".join(element.value for element in found)


def healthy(app: AppTest) -> bool:
    """Neither an exception nor an error is on the page."""
    return not app.exception and not app.error
