"""Questions that go unanswered are None."""

from fake_nvml import FakeNvml, NVMLError
from paretune.measure.nvml_library import ask


def test_answers_and_silence():
    """An NVML error, and a device that is not to be had, are both no answer."""
    nvml = FakeNvml()

    def raises(subject):
        raise NVMLError("not supported")

    assert ask(nvml, lambda subject: subject + 1, 1) == 2
    assert ask(nvml, raises, 1) is None
    assert ask(nvml, lambda subject: 1, None) is None
