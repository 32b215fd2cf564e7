"""A stand-in that answers like NVIDIA's library, for machines without a GPU."""

from types import SimpleNamespace

MIB = 2**20


class NVMLError(Exception):
    pass


class FakeNvml:
    """Two GPUs; `processes` maps a uuid to {pid: MiB}, None where the driver hides memory."""

    NVMLError = NVMLError

    def __init__(self, processes=None, energy=True, utilisation=50):
        self.processes = processes or {}
        self.used = {"GPU-a": 400.0, "GPU-b": 400.0}
        self.millijoules = 1_000_000 if energy else None
        self.utilisation = utilisation

    def nvmlDeviceGetHandleByUUID(self, uuid):
        return uuid

    def nvmlDeviceGetUtilizationRates(self, handle):
        if self.utilisation is None:
            raise NVMLError
        return SimpleNamespace(gpu=self.utilisation)

    def nvmlDeviceGetComputeRunningProcesses(self, handle):
        return [
            SimpleNamespace(pid=pid, usedGpuMemory=None if mib is None else mib * MIB)
            for pid, mib in self.processes.get(handle, {}).items()
        ]

    def nvmlDeviceGetMemoryInfo(self, handle):
        return SimpleNamespace(used=self.used[handle] * MIB)

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        if self.millijoules is None:
            raise NVMLError
        return self.millijoules


class FakeCards:
    """The cards of a machine: {uuid: (name, MIG instances)}; those in `lost` raise."""

    NVMLError = NVMLError
    NVML_DEVICE_MIG_ENABLE = 1

    def __init__(self, cards, lost=()):
        self.cards = cards
        self.lost = set(lost)
        self.asked = 0

    def nvmlDeviceGetCount(self):
        self.asked += 1
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index):
        uuid = list(self.cards)[index]
        if uuid in self.lost:
            raise NVMLError("GPU is lost")
        return uuid

    def nvmlDeviceGetName(self, handle):
        if handle in self.cards:
            return self.cards[handle][0]
        return next(f"{name} MIG 1g" for name, parts in self.cards.values() if handle in parts)

    def nvmlDeviceGetUUID(self, handle):
        return handle.encode()  # old bindings give bytes

    def nvmlDeviceGetMemoryInfo(self, handle):
        return SimpleNamespace(total=1000 * MIB)

    def nvmlDeviceGetMigMode(self, handle):
        if not self.cards[handle][1]:
            raise NVMLError("not supported")
        return 1, 1

    def nvmlDeviceGetMaxMigDeviceCount(self, handle):
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, handle, index):
        try:
            return self.cards[handle][1][index]
        except IndexError:
            raise NVMLError("not found") from None
