"""The page in a real browser, as its reader uses it: by keyboard, on a phone, printed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import chromium
import pytest
from paretune.front.choice import choose
from paretune.front.measured_front import measure_front
from paretune.money.ledger import Ledger
from paretune.pareto.selection import filtered, front_of
from paretune.report.page.report_page import write_page
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from views import FOUR, Made, View, point, study

pytestmark = chromium.NEEDED
HOSTILE = "</script><img src=x onerror=document.title='hacked'>"
COMMAND = ("paretune", "export", "it's", "--storage", "sqlite:///a b.db")
NAMES = tuple(FOUR)


def chosen(view: View, **asked: Any) -> int:
    """The trial that the program takes, by the rule of `paretune export`."""
    return choose(measure_front(view.records, view.spec.objectives), **asked).record.number


def some_study() -> View:
    """Sixty trials, some twenty of them on the front, two baselines, hostile names."""
    chance = random.Random(7)
    trials: list[Made] = []
    for i in range(60):
        cost = chance.uniform(1, 100)
        figures = (
            round(0.9 + 0.09 * chance.random() * min(cost / 60, 1), 3),
            cost,
            chance.uniform(50, 150),
            chance.uniform(10, 400),
        )
        params = {"bits": chance.choice([4, 8, 32]), "name": f"{HOSTILE}{i}"}
        trials.append(point(i, *figures, params=params, feasible=chance.random() < 0.9))
    trials.append(point(60, 0.93, 80.0, 140.0, 390.0, baseline=1, params={"bits": 16}))
    trials.append(point(61, 0.999, 120.0, 150.0, 390.0, baseline=2, params={"bits": 12}))
    # A member once more, by less dearer and better than the noise.
    first = study(trials).front[5].values or {}
    again = [first[name] * (1.001 if name == "gpu_seconds" else 1.0) for name in NAMES]
    trials.append(point(62, again[0] + 1e-13, *again[1:], params={"bits": 2}))
    return study(trials)


@pytest.fixture(scope="module")
def view() -> View:
    return some_study()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium.chromium(tmp_path_factory.mktemp("chromium"), 1200, 900) as driver:
        yield driver


@pytest.fixture(scope="module")
def address(view: View, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    ledger = Ledger.of(view.records, view.device_kind, view.spec.prices)
    write_page(view, ledger, path, command=COMMAND)
    return path.as_uri()


@pytest.fixture
def page(browser: Chrome, address: str) -> Iterator[Chrome]:
    """Freshly loaded; at the end it has complained of nothing and asked nobody for anything."""
    chromium.look(browser, 1200)
    browser.get("about:blank")
    chromium.requests(browser)  # the browser's own
    browser.get(address)
    yield browser
    assert chromium.complaints(browser) == []
    assert set(chromium.requests(browser)) == {address}


def taken(page: Chrome) -> int | None:
    """The trial that the page takes now, by its row, which agrees with what is said."""
    rows = page.find_elements(By.CSS_SELECTOR, "#front tr.taken")
    if not rows:
        return None
    number = int(rows[0].get_attribute("data-number") or "")
    assert page.find_element(By.ID, "said").text.startswith(f"Taken: trial {number}")
    return number


def control(page: Chrome, name: str) -> Any:
    return page.find_element(By.CSS_SELECTOR, f'[aria-label="{name}"]')


def follow_rules(page: Chrome, view: View, where: list[str]) -> None:
    """The knee and the best of each objective, as Python chooses them under these bounds."""
    objectives, rule = view.spec.objectives, Select(page.find_element(By.ID, "rule"))
    rule.select_by_value("knee")
    assert taken(page) == chosen(view, where=where)
    for position, name in enumerate(objectives.names):
        rule.select_by_value(str(position))
        assert taken(page) == chosen(view, best=name, where=where)


def test_rules_bounds_and_weights_choose_as_the_program_does(page: Chrome, view: View) -> None:
    """Each control changes the choice, by the rule that `paretune export` follows."""
    objectives = view.spec.objectives
    follow_rules(page, view, [])
    slider = control(page, "accuracy at least")
    assert slider.get_attribute("aria-valuetext") == "no bound"
    for _ in range(4):
        slider.send_keys(Keys.ARROW_RIGHT)
    told = slider.get_attribute("aria-valuetext")
    bound = control(page, "accuracy at least, typed").get_attribute("value")
    assert told == f"at least {float(bound):.4f}"
    follow_rules(page, view, [f"accuracy >= {bound}"])
    typed = control(page, "core-seconds at most, typed")
    typed.send_keys("60", Keys.TAB)
    where = [f"accuracy >= {bound}", "gpu_seconds <= 60"]
    follow_rules(page, view, where)
    passing = front_of(filtered(view.records, where), objectives)
    kept = page.find_elements(By.CSS_SELECTOR, "#front tr:not(.fails)")
    assert {int(row.get_attribute("data-number") or "") for row in kept} == {
        record.number for record in passing
    }
    control(page, "weight of accuracy").send_keys(*[Keys.ARROW_RIGHT] * 3)
    control(page, "weight of core-seconds").send_keys(Keys.ARROW_LEFT)
    weights = dict(zip(NAMES, (4.0, 0.0, 1.0, 1.0), strict=True))
    weights.pop("gpu_seconds")
    assert taken(page) == chosen(view, weights=weights, where=where)
    scripted = page.find_element(By.ID, "by-rule").text
    assert "--weights accuracy=4,peak_memory_mib=1,model_kib_compressed=1" in scripted
    assert f"--where 'accuracy >= {bound}' --where 'gpu_seconds <= 60'" in scripted


def test_bounds_that_nothing_keeps(page: Chrome) -> None:
    """Nothing is taken, and it says what to do; starting again takes the knee again."""
    before = taken(page)
    control(page, "accuracy at least, typed").send_keys("2", Keys.TAB)
    assert taken(page) is None
    assert "loosen one" in page.find_element(By.ID, "said").text
    assert page.find_element(By.ID, "command").text == ""
    page.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    assert taken(page) == before


def test_a_row_can_be_taken_and_its_command_copied(page: Chrome, view: View) -> None:
    """By keyboard, too; the command is the shell's, whatever the names are."""
    page.find_element(By.ID, "grouped").send_keys(Keys.SPACE)  # every row is there
    other = next(record.number for record in view.front if record.number != taken(page))
    control(page, f"take trial {other}").send_keys(Keys.SPACE)
    assert taken(page) == other
    assert page.find_element(By.ID, "command").text == (
        f"paretune export 'it'\"'\"'s' --trial {other} --out 'it'\"'\"'s-{other}' "
        "--storage 'sqlite:///a b.db'"
    )
    assert not page.find_element(By.ID, "scripted").is_displayed()
    copy = page.find_element(By.ID, "copy")
    copy.send_keys(Keys.ENTER)
    assert copy.text in ("Copy", "Copied", "Selected: press Ctrl-C")


def test_what_cannot_be_told_apart_is_left_out(page: Chrome, view: View) -> None:
    """One row for both, until the switch is off; what is taken is always shown."""
    rows = page.find_elements(By.CSS_SELECTOR, "#front tr")
    assert len(rows) == len(view.front)
    left_out = [row for row in rows if not row.is_displayed()]
    assert len(left_out) >= 1
    assert all(row.get_attribute("data-leader") for row in left_out)
    page.find_element(By.ID, "grouped").send_keys(Keys.SPACE)
    assert all(row.is_displayed() for row in rows)


def test_headings_sort(page: Chrome, view: View) -> None:
    """Best first, then the other way round; the order is told to a screen reader."""
    button = page.find_element(By.CSS_SELECTOR, "button[data-key=gpu_seconds]")
    for order, turned in (("ascending", False), ("descending", True)):
        button.send_keys(Keys.ENTER)
        rows = page.find_elements(By.CSS_SELECTOR, "#front tr")
        numbers = [int(row.get_attribute("data-number") or "") for row in rows]
        values = {record.number: (record.values or {})["gpu_seconds"] for record in view.front}
        assert numbers == sorted(numbers, key=values.__getitem__, reverse=turned)
        head = button.find_element(By.XPATH, "..")
        assert head.get_attribute("aria-sort") == order


def test_a_point_tells_of_itself_and_can_be_taken(page: Chrome, view: View) -> None:
    """Under the pointer its figures; names that look like markup are text."""
    panel = page.find_element(By.CSS_SELECTOR, "#panels svg")
    shown = page.execute_script(
        """
        const [panel, number] = arguments, box = panel.getBoundingClientRect();
        for (let k = 0; k < box.width * box.height / 16; k++) {
            const across = Math.floor(box.width / 4);
            const clientX = box.left + 4 * (k % across);
            const clientY = box.top + 4 * Math.floor(k / across);
            const at = {clientX, clientY, bubbles: true};
            panel.dispatchEvent(new PointerEvent("pointermove", at));
            const tip = document.getElementById("tip");
            if (!tip.hidden && tip.textContent.startsWith(`trial ${number},`)) {
                panel.dispatchEvent(new MouseEvent("click", at));
                return tip.textContent;
            }
        }
        """,
        panel,
        view.front[3].number,
    )
    assert "on the front" in shown
    assert HOSTILE in shown
    assert taken(page) == view.front[3].number
    assert page.title == view.spec.name


@pytest.mark.parametrize("width", [380, 800, 1400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_can_be_read(page: Chrome, tmp_path: Path, width: int, scheme: str) -> None:
    """Nothing is wider than the screen; text stands out from what is behind it (WCAG 2, AA)."""
    chromium.look(page, width, scheme=scheme)
    page.execute_script("for (const part of document.querySelectorAll('details')) part.open = true")
    chromium.picture(page, f"report-{width}-{scheme}", tmp_path)
    scroll = page.execute_script("return document.documentElement.scrollWidth")
    assert scroll <= width
    for text, ratio in page.execute_script(CONTRASTS):
        assert ratio >= 4.5, text


def test_structure_for_a_screen_reader(page: Chrome) -> None:
    """One first heading and no level left out; each control and picture has a name; tables have
    captions."""
    levels = [
        int(heading.tag_name[1])
        for heading in page.find_elements(By.CSS_SELECTOR, "h1, h2, h3, h4")
        if heading.is_displayed()
    ]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for node in page.find_elements(
        By.CSS_SELECTOR, "input, select, button, [role=img], [tabindex]"
    ):
        assert node.accessible_name or not node.is_displayed(), node.get_attribute("outerHTML")
    for table in page.find_elements(By.TAG_NAME, "table"):
        assert table.find_elements(By.TAG_NAME, "caption")
    assert page.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en"


def test_printed(page: Chrome, tmp_path: Path) -> None:
    """Ink on white whatever the screen, without controls, the whole front on it."""
    chromium.look(page, 718, scheme="dark", media="print")
    chromium.picture(page, "report-printed", tmp_path)
    color = "return getComputedStyle(document.body).backgroundColor"
    assert page.execute_script(color) == "rgb(255, 255, 255)"
    assert not page.find_element(By.ID, "controls").is_displayed()
    assert page.find_element(By.ID, "command").is_displayed()
    cut = "const w = document.querySelector('.wide'); return w.scrollHeight - w.clientHeight"
    assert page.execute_script(cut) <= 1


def test_thousands_of_trials(browser: Chrome, tmp_path: Path) -> None:
    """The page of a long study draws them all, and a control still changes the choice."""
    chance = random.Random(1)
    trials = [
        point(
            i,
            0.9 + chance.random() / 11,
            *(chance.uniform(1, 100) for _ in range(3)),
            params={"learning_rate": i},
        )
        for i in range(5000)
    ]
    view = study(trials)
    ledger = Ledger.of(view.records, view.device_kind, view.spec.prices)
    write_page(view, ledger, tmp_path / "long.html", command=COMMAND)
    assert (tmp_path / "long.html").stat().st_size < 2 * 2**20
    chromium.look(browser, 1200)
    browser.get((tmp_path / "long.html").as_uri())
    assert taken(browser) == chosen(view)
    before = len(browser.find_elements(By.CSS_SELECTOR, "#front tr.fails"))
    control(browser, "accuracy at least").send_keys(Keys.ARROW_RIGHT)
    assert len(browser.find_elements(By.CSS_SELECTOR, "#front tr.fails")) > before
    assert chromium.complaints(browser) == []


# The least contrast of each piece of visible text with the first background that is not clear.
CONTRASTS = """
const light = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const color = (text) => text.match(/[\\d.]+/g).map(Number);
const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
        const found = color(getComputedStyle(at).backgroundColor);
        if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
};
const told = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !node.checkVisibility()) continue;
    if (["SCRIPT", "NOSCRIPT"].includes(node.tagName)) continue;
    const style = getComputedStyle(node);
    const ink = color(node.namespaceURI.includes("svg") ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(node))].sort((x, y) => y - x);
    told.push([walker.currentNode.data, (a + 0.05) / (b + 0.05)]);
}
return told;
"""
