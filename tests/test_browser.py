"""optuna-dashboard in a real browser, as a user sees it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fabricated
import optuna
import pytest
from chromium import NEEDED, PATIENCE, chromium, picture
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

pytestmark = NEEDED


@pytest.fixture
def address(made_study: optuna.Study, storage_url: str) -> Iterator[str]:
    """`paretune dashboard` on the fabricated study, in a process of its own."""
    command = [sys.executable, "-u", "-m", "paretune", "dashboard"]
    command += ["--storage", storage_url, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            found = re.match(r"http://127\.0\.0\.1:\d+/dashboard/", line)
            assert found, line
            yield found[0]
        finally:
            server.terminate()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    """A fresh headless Chromium."""
    with chromium(tmp_path / "profile") as driver:
        yield driver


def test_dashboard_shows_study_objectives_front_and_note(
    address: str, browser: Chrome, tmp_path: Path
) -> None:
    """The list leads to the study, with its four named objectives, Pareto plot, note and models."""
    wait = WebDriverWait(browser, PATIENCE)

    def text() -> str:
        return browser.find_element(By.TAG_NAME, "body").text

    browser.get(address)
    wait.until(lambda _: "digits" in text())
    browser.find_element(By.PARTIAL_LINK_TEXT, "digits").click()
    plot = "#graph-pareto-front .scatterlayer .point"
    points = wait.until(lambda driver: driver.find_elements(By.CSS_SELECTOR, plot))
    study_page = browser.current_url
    picture(browser, "study", tmp_path)
    # The dashboard draws the trial that breaks the constraint in grey, but draws it.
    assert len(points) == sum(made.model is not None for made in fabricated.TRIALS)
    shown = text()
    assert "Pareto Front" in shown
    for name in fabricated.SPEC["objectives"]:
        assert name in shown  # as a line of the plot of importances
    browser.get(f"{study_page}/note")
    wait.until(lambda _: "0 (baseline 1)" in text())
    picture(browser, "note", tmp_path)
    browser.get(f"{study_page}/trials?numbers=0")
    wait.until(lambda _: "model.tflite" in text())
    picture(browser, "trial", tmp_path)
