"""The search for garbage goes on after a reading, as it was before."""

import gc

import pytest
from paretune.study.storage.gc_pause import gc_paused


def test_it_goes_on_after_the_last_reading():
    """After an error and after a reading within another, too."""
    with gc_paused(), gc_paused():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(OSError, match="locked"), gc_paused():
        raise OSError("locked")
    assert gc.isenabled()


def test_a_program_without_it_stays_without():
    """Who has switched it off is not surprised by it."""
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
