"""[prices] of a study file as prices, and back."""

import pytest
from paretune.spec.prices import Prices


def test_a_table_becomes_prices_and_is_written_as_it_was():
    """What is stored with a study is the table of its file; devices and services are told apart."""
    table = {"cpu-core": 0.36, "NVIDIA H200": 3.5, "egress_gib": 0.1}
    prices = Prices.from_table(table)
    assert prices.to_table() == table
    assert prices.per_second("cpu-core") == pytest.approx(0.0001)
    assert prices.per_second("NVIDIA H100") is None
    assert prices.dollars(10, "cpu-core") == pytest.approx(0.001)
