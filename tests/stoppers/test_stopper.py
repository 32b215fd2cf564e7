"""The protocol of stoppers: known by its method, and what its arguments say by default."""

from __future__ import annotations

import math

from paretune.samplers.reading import ExpectedLosses
from paretune.stoppers.stopper import NoStopper, Stopper, TrialProgress, Verdict


class Own:
    """Stops every trial that has cost more than a minute."""

    def should_stop(self, view, progress):
        if progress.costs[-1] <= 60:
            return None
        return Verdict("took too long", ExpectedLosses((1.0,), (0.1,)))


def test_an_object_with_the_method_is_a_stopper():
    """No base class is asked for."""
    assert isinstance(Own(), Stopper)
    assert isinstance(NoStopper(), Stopper)
    assert not isinstance(object(), Stopper)


def test_a_verdict_says_why_and_where_the_trial_was_heading():
    """None lets it run."""
    slow, fast = (TrialProgress({}, [{}], [cost], 9) for cost in (61.0, 59.0))
    assert Own().should_stop(None, slow).reason == "took too long"
    assert Own().should_stop(None, fast) is None
    assert NoStopper().should_stop(None, slow) is None


def test_a_trial_has_no_limit_and_nothing_is_known_of_it_by_default():
    """Unless somebody says so."""
    progress = TrialProgress({}, [], [], 1)
    assert math.isinf(progress.limit)
    assert progress.known == {}
    assert progress.whole is None
