"""What a study has paid and promised."""

from __future__ import annotations

import math

import pytest
from paretune.money.account import LONGEST_SILENCE, STOPPED_SECONDS, Account, TrialElsewhere
from paretune.trial.configuration import Configuration
from paretune.trial.prediction import Basis, Estimate, Prediction


def expects(seconds, basis=Basis.LEARNED):
    return Prediction({"spent_gpu_seconds": Estimate(math.log(seconds), 0.0)}, basis, 10)


def test_what_a_trial_pays_is_no_longer_promised():
    """Paid and promised add up to the prediction, until it pays more."""
    account = Account(ended=5.0)
    account.reserve(1, expects(10.0), Configuration({}))
    for paid, promised in ((0.0, 10.0), (4.0, 6.0), (12.0, 0.0)):
        account.begun[1].observe(paid)
        assert account.committed.spent == 5.0 + paid
        assert account.committed.reserved == pytest.approx(promised)


def test_a_guess_reserves_nothing():
    """It would only keep devices idle; the limit holds anyway."""
    account = Account()
    account.reserve(1, expects(1000.0, Basis.GUESSED), Configuration({}))
    assert account.committed.reserved == 0.0


def test_a_stopped_drivers_trial_spends_what_it_was_allowed():
    """It ends by itself then. After a long silence all of it is gone from the budget: a stopped
    driver will not make room for what another begins.
    """
    now = 110.0
    trial = TrialElsewhere(3.0, 100.0, 2, 20.0, allowed=43.0)
    account = Account(lambda: now, elsewhere=[trial])
    assert account.committed.spent == pytest.approx(23.0)
    assert account.devices_elsewhere == 2
    now = 100.1 + STOPPED_SECONDS
    assert account.committed.spent == 43.0
    assert account.devices_elsewhere == 0
    now = 100.0
    account.elsewhere = [TrialElsewhere(3.0, 90.0, 2, 20.0, allowed=13.0)]
    assert (account.committed.spent, account.devices_elsewhere) == (13.0, 0)
    # A bill that is over its allowance already is believed as it was told.
    assert TrialElsewhere(5.0, 0.0, 1, 0.0, allowed=4.0).committed(9.0).spent == 5.0


def test_a_trial_elsewhere_is_taken_to_go_on():
    """At its devices' full rate, as long as its driver may be taken to live."""
    now = 100.0
    account = Account(lambda: now, elsewhere=[TrialElsewhere(3.0, 98.0, 2, 20.0)])
    assert account.committed.spent == pytest.approx(3.0 + 2 * 2.0)
    assert account.committed.reserved == pytest.approx(20.0 - 7.0)
    now = 1000.0
    assert account.committed.spent == pytest.approx(3.0 + 2 * LONGEST_SILENCE)
