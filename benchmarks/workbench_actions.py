"""What people do in the workbench, done by mouse and keyboard in a real browser, and how long each thing takes."""

import random
from collections.abc import Callable

from playwright.sync_api import Locator, Page
from trees import words

_LATEST = 10_000
"""Milliseconds: what has not come by then counts as so long."""
_WAIT = f"""() => Promise.race([measure.done(),
    new Promise((done) => setTimeout(() => done({{ ms: {_LATEST} }}), {_LATEST}))])"""
_EACH_WORD = 5
_TRIES = 30

Action = Callable[[], float]


class Baseline:
    """Streamlit with nothing of ours: a button in a fragment, and a page with a word."""

    def __init__(self, page: Page, address: str) -> None:
        self._page, self._address = page, address
        self._clicks = 0

    def begin(self) -> None:
        """Open the page with the button."""
        self._page.goto(f"{self._address}/?click")
        self._page.evaluate(_WAIT)
        self._page.get_by_role("button", name="Click").focus()
        self._clicks = 0

    def click(self) -> float:
        """Milliseconds from a key on the button to the new number."""
        self._clicks += 1
        self._page.evaluate("text => measure.arm('keydown', 'clicked', {text})", f"clicked {self._clicks}")
        self._page.keyboard.press("Enter")
        return _told(self._page)

    def load(self) -> float:
        """Milliseconds from the beginning of the navigation to the word."""
        return _loaded(self._page, self._address)


class Hands:
    """Hands on the workbench in one page. Each action gives milliseconds; `actions` has them by name."""

    def __init__(self, page: Page, address: str, seed: int = 7) -> None:
        self.page, self._address = page, address
        self._chance = random.Random(seed)
        self._renamed = 0
        self._words = iter(words()[0][10:])
        self._typed = self._word = ""
        self._down = 0
        self._low = False
        self.actions: dict[str, tuple[Action, Callable[[], None]]] = {
            "expand": (self.expand, self.ready_to_expand),
            "drill by Enter": (self.drill, self.ready_to_drill),
            "drill by double click": (self.double_click, self.ready_to_drill),
            "jump by scrollbar": (self.jump, self.ready_to_jump),
            "rename": (self.rename, self.ready_to_expand),
            "slider tick": (self.tick, self.ready_to_tick),
            "search keystroke": (self.type_letter, self.ready_to_type),
            "inspect": (self.inspect, self.ready_to_inspect),
        }

    def load(self) -> float:
        """Milliseconds from the beginning of the navigation to outline rows and map."""
        return _loaded(self.page, f"{self._address}/tree")

    def settle(self, least: float = 100, most: float = 300) -> None:
        """A breath, as people take one; what the last action brought along ends in it, or does not."""
        self.page.wait_for_timeout(self._chance.uniform(least, most))

    def ready_to_expand(self) -> None:
        """Show the categories, closed."""
        self._panel("inspect")
        self._whole_tree()
        self.page.get_by_role("button", name="Collapse all").click()
        self.page.wait_for_function("measure.collapsed()")
        self.page.locator(".o-scroller").focus()
        self.page.keyboard.press("Home")
        self.settle(400, 400)

    def expand(self) -> float:
        """ArrowRight on a closed row, until the rows below it are there with their names."""
        node = self._choose_closed()
        return self._timed("keydown", "expanded", lambda: self.page.keyboard.press("ArrowRight"), id=node)

    def rename(self) -> float:
        """Enter in the field with the new name, until the server's revision and the name are shown."""
        node = self._choose_closed()
        self._renamed += 1
        name = f"another name {self._renamed}"
        self.page.keyboard.press("F2")
        self.page.keyboard.insert_text(name)
        self.settle()
        return self._timed("keydown", "renamed", lambda: self.page.keyboard.press("Enter"), id=node, name=name)

    def ready_to_drill(self) -> None:
        """The map of the whole tree, by count."""
        self._area("count")
        self._whole_tree()
        self._down = 0
        self.settle(300, 300)

    def drill(self) -> float:
        """Enter on a block, until the map of its branch is drawn."""
        self._up_again()
        self.page.locator(".map-stage").focus()
        self.page.keyboard.press("PageDown")
        self.settle()
        return self._timed("keydown", "drilled", lambda: self.page.keyboard.press("Enter"))

    def double_click(self) -> float:
        """A double click on a block, until the map of its branch is drawn."""
        self._up_again()
        box = self.page.locator(".map-stage").bounding_box()
        if box is None:
            raise SystemExit("there is no map")
        self.page.mouse.move(box["x"] + 14, box["y"] + 10)
        self.settle()
        return self._timed("dblclick", "drilled", lambda: self.page.mouse.dblclick(box["x"] + 14, box["y"] + 10))

    def ready_to_jump(self) -> None:
        """All features as rows."""
        self.ready_to_expand()
        self.expand_all()

    def jump(self) -> float:
        """The middle button on the scrollbar's track, which goes there at once, until the rows are there."""
        bar = self.page.evaluate("measure.scrollbar()")
        if bar["width"] <= 0:
            raise SystemExit("this browser shows no scrollbar")
        y = bar["y"] + bar["height"] * self._far()
        self.page.mouse.move(bar["x"], y)
        return self._timed("pointerdown", "jumped", lambda: self.page.mouse.click(bar["x"], y, button="middle"))

    def expand_all(self) -> None:
        """Open everything."""
        before = self.page.evaluate("measure.total()")
        self.page.get_by_role("button", name="Expand all").click()
        self.page.wait_for_function("before => measure.total() !== before", arg=before)
        self.settle(400, 400)

    def ready_to_tick(self) -> None:
        """The sampling lab and the map by chance, with the keyboard on the slider."""
        self.ready_to_expand()
        self._panel("sample")
        self._area("chance")
        self.page.get_by_label("Temperature as a number").fill("1.86")
        self.page.get_by_label("Temperature", exact=True).focus()
        self.settle(1_000, 1_000)

    def tick(self) -> float:
        """ArrowRight on the slider, until the map is drawn and the chances are told for the new temperature."""
        return self._timed("keydown", "ticked", lambda: self.page.keyboard.press("ArrowRight"))

    def ready_to_type(self) -> None:
        """An empty search field."""
        self._area("count")
        self._panel("inspect")
        self._typed = self._word = ""
        self._field().click()

    def type_letter(self) -> float:
        """A letter in the search field, until the hits for what is written are there."""
        if self._typed == self._word:
            self._field().fill("")
            self._word, self._typed = next(self._words)[:_EACH_WORD], ""
            self.settle()
        letter = self._word[len(self._typed)]
        self._typed += letter
        return self._timed("keydown", "found", lambda: self.page.keyboard.press(letter), query=self._typed)

    def ready_to_inspect(self) -> None:
        """The inspector, with the keyboard on the first category."""
        self.page.keyboard.press("Escape")
        self.ready_to_expand()

    def inspect(self) -> float:
        """ArrowDown in the outline, until the inspector tells of the next feature."""
        if self._chance.random() < 0.3:
            self.page.keyboard.press("ArrowRight")
            self.settle(300, 400)
        return self._timed("keydown", "inspected", lambda: self.page.keyboard.press("ArrowDown"))

    def _timed(self, event: str, condition: str, act: Callable[[], object], **more: object) -> float:
        self.settle()
        self.page.evaluate("([type, name, more]) => measure.arm(type, name, more)", [event, condition, more])
        act()
        return _told(self.page)

    def _far(self) -> float:
        """A place on the scrollbar in the other half."""
        self._low = not self._low
        return self._chance.uniform(0.06, 0.4) + (0.54 if self._low else 0.0)

    def _choose_closed(self) -> int:
        """Choose a closed row by a click."""
        node = self.page.evaluate("chance => measure.closed(chance)", self._chance.random())
        if node is None:
            self.ready_to_expand()
            node = self.page.evaluate("chance => measure.closed(chance)", self._chance.random())
        box = self.page.evaluate("id => measure.box(id)", node)
        self.page.mouse.click(box["x"], box["y"])
        self.page.wait_for_function("node => measure.focused() === node", arg=node)
        self.settle()
        return int(node)

    def _up_again(self) -> None:
        """Two levels down, then from the top again."""
        if self._down == 2:
            self.ready_to_drill()
        self._down += 1

    def _whole_tree(self) -> None:
        """Go up to where everything is shown."""
        self.page.locator(".map-stage").focus()
        for _ in range(_TRIES):
            if self.page.evaluate("measure.top()") == "0":
                return
            self.page.keyboard.press("Backspace")
            self.settle(150, 150)
        raise SystemExit("the map does not go up to the whole tree")

    def _panel(self, name: str) -> None:
        self.page.locator(f"#tab-{name}").click()

    def _area(self, area: str) -> None:
        self.page.get_by_role("combobox", name="Area", exact=True).select_option(area)
        self.settle(300, 300)

    def _field(self) -> Locator:
        return self.page.get_by_role("combobox", name="Search features")


def _loaded(page: Page, address: str) -> float:
    page.goto("about:blank")
    page.wait_for_timeout(150)
    page.goto(address)
    return _told(page)


def _told(page: Page) -> float:
    return float(page.evaluate(_WAIT)["ms"])
