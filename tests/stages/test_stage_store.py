"""The stage store: whole entries or none, one computation a key, and a bounded size."""

import errno
import fcntl
import json
import multiprocessing
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paretune.measure import Measurement
from paretune.stages.stage_keys import Link, Origin, chain_keys
from paretune.stages.stage_store import StageStore, StoreProblem

KEY = "ab" + 62 * "0"


@pytest.fixture
def store(tmp_path):
    return StageStore(tmp_path / "store")


@pytest.fixture
def product(tmp_path):
    folder = tmp_path / "product"
    (folder / "sub").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(os.urandom(1000))
    (folder / "sub" / "record.json").write_text("{}")
    return folder


def put(store, key, product, gpu_seconds=3.0, **more):
    store.put(
        key,
        "train",
        product,
        phases={"train": Measurement(wall_seconds=3.0, gpu_seconds=gpu_seconds)},
        metrics={"accuracy": 0.9},
        notes={"layers": ["a"]},
        params={"epochs": 3},
        **more,
    )


def test_what_is_put_can_be_had(store, product):
    """An entry gives back the files, the cost and what the stage said."""
    assert store.get(KEY) is None
    put(store, KEY, product)
    entry = store.get(KEY)
    assert store.has(KEY)
    assert (entry.folder / "weights.bin").read_bytes() == (product / "weights.bin").read_bytes()
    assert (entry.folder / "sub/record.json").exists()
    assert entry.gpu_seconds == 3.0
    assert (entry.metrics, entry.notes, entry.params) == (
        {"accuracy": 0.9},
        {"layers": ["a"]},
        {"epochs": 3},
    )


@pytest.mark.parametrize("damage", ["truncate", "delete", "manifest", "flip"])
def test_corrupt_entry_is_never_used(store, product, damage):
    """An entry that is not whole is removed and can be put again."""
    put(store, KEY, product)
    folder = store.get(KEY).folder
    if damage == "truncate":
        os.truncate(folder / "weights.bin", 10)
    elif damage == "delete":
        (folder / "weights.bin").unlink()
    elif damage == "flip":
        content = bytearray((folder / "weights.bin").read_bytes())
        content[500] ^= 1
        (folder / "weights.bin").write_bytes(content)
    else:
        (folder.parent / "manifest.json").write_text('{"key": "ab')
    assert store.get(KEY) is None
    assert not store.has(KEY)
    put(store, KEY, product)
    assert store.get(KEY) is not None


def test_second_put_changes_nothing(store, product):
    """Whoever comes first stays; the second leaves no rubbish."""
    put(store, KEY, product, gpu_seconds=3.0)
    put(store, KEY, product, gpu_seconds=9.0)
    assert store.get(KEY).gpu_seconds == 3.0
    assert not list((store.folder / "new").iterdir())


def test_eviction_keeps_what_is_dear(store, product):
    """The cheapest GPU-seconds per MiB go first, until the rest fits."""
    for i, cost in enumerate([5.0, 1.0, 9.0]):
        put(store, f"a{i}" + KEY[2:], product, gpu_seconds=cost)
    size = store.read("a0" + KEY[2:]).size_mib
    removed = store.evict(2.5 * size)
    assert [entry.gpu_seconds for entry in removed] == [1.0]
    removed = store.evict(1.5 * size)
    assert [entry.gpu_seconds for entry in removed] == [5.0]
    assert store.has("a2" + KEY[2:])


def test_limit_is_held_while_writing(tmp_path, product):
    """A store with a limit stays below it."""
    store = StageStore(tmp_path / "store", limit_mib=0.0025)
    for i in range(8):
        put(store, f"{i:02x}" + KEY[2:], product, gpu_seconds=i)
    assert sum(entry.size_mib for entry in store.entries()) <= 0.0025
    assert store.has("07" + KEY[2:])


def test_unwritable_store_is_a_problem_not_a_crash(tmp_path, product):
    """Where nothing can be written the caller is told in one line."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    store = StageStore(blocked / "store")
    with pytest.raises(StoreProblem, match="cannot write the stage store"):
        put(store, KEY, product)
    with pytest.raises(StoreProblem, match="cannot lock"), store.computing(KEY):
        pass


def _hold(folder, key, held, release):
    with StageStore(folder).computing(key):
        held.set()
        release.wait()


def is_held(store, key):
    with open(store.folder / "locks" / key, "ab") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_lock_goes_with_its_holder(store):
    """One computes, the others know it; a killed holder holds nothing."""
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    holder = context.Process(target=_hold, args=(store.folder, KEY, held, release))
    holder.start()
    assert held.wait(60)
    assert is_held(store, KEY)
    os.kill(holder.pid, signal.SIGKILL)
    with store.computing(KEY):  # would wait for ever if the dead held it
        pass
    holder.join()
    assert not is_held(store, KEY)


params = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3))
ORIGIN = Origin("cnn", "1", "digits", 0, "cpu-core")


@given(params, params, params, params)
def test_keys_are_equal_up_to_the_first_difference(p1, q1, p2, q2):
    """Two chains share exactly the stages before which nothing differs."""
    one = chain_keys(ORIGIN, [Link("train", p1), Link("prune", q1)])
    two = chain_keys(ORIGIN, [Link("train", p2), Link("prune", q2)])
    assert (one[0].key == two[0].key) == (p1 == p2)
    assert (one[1].key == two[1].key) == (p1 == p2 and q1 == q2)


@pytest.mark.parametrize("change", [{"seed": 1}, {"data": "x"}, {"version": "2"}])
def test_origin_is_part_of_every_key(change):
    """Another seed, data set or version of the code shares nothing."""
    other = Origin(**{**ORIGIN.__dict__, **change})
    link = [Link("train", {})]
    assert chain_keys(ORIGIN, link)[0].key != chain_keys(other, link)[0].key


@given(params, st.integers(1, 6))
def test_prefixes_are_the_keys_of_shorter_runs(others, epochs):
    """A run of n epochs knows the keys of all shorter ones, by which these would be found."""

    def planned(n):
        return chain_keys(ORIGIN, [Link("train", {**others, "epochs": n}, prefix="epochs")])[0]

    assert planned(epochs).prefixes == tuple((n, planned(n).key) for n in range(1, epochs))


def test_manifest_is_json(store, product):
    """The manifest is plain JSON with hashes: anybody can check an entry."""
    put(store, KEY, product)
    record = json.loads((store.folder / "ab" / KEY / "manifest.json").read_text())
    assert set(record["files"]) == {"weights.bin", "sub/record.json"}


def test_a_disk_without_locks_is_the_stores_problem(store, monkeypatch):
    """A network disk that refuses `flock` costs the sharing: the caller hears of it as such."""

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(StoreProblem, match="No locks available"), store.computing(KEY):
        pass
