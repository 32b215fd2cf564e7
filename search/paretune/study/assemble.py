"""Puts a study's loop together: what each part is told, once, by those below it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from paretune.execute import Executor
from paretune.measure.devices import largest_lease
from paretune.money.learned_costs import LearnedCosts
from paretune.samplers import EarlierStudy
from paretune.spec.study_spec import StudySpec
from paretune.stages.stage_store import StageStore
from paretune.stoppers import Stopper
from paretune.study.admission import Admission
from paretune.study.drivers.driver import Driver
from paretune.study.drivers.recover import Recovery
from paretune.study.drivers.sessions import DriverSession
from paretune.study.loop import StudyLoop
from paretune.study.observer import Observer
from paretune.study.sharing.offers import Offers
from paretune.study.sharing.shared_stages import Sharing
from paretune.study.sharing.stage_plans import StagePlans
from paretune.study.spending.affordable import Affordable
from paretune.study.spending.earlier_trials import earlier_observations
from paretune.study.spending.treasury import Treasury
from paretune.study.standing import Standing
from paretune.study.steering.sampling import reading_of, steer_sampler
from paretune.study.steering.stopping import Stopping
from paretune.study.storage.stored_study import StoredStudy
from paretune.study.stored_trials import study_marks
from paretune.study.stored_trials.trial_folders import StudyFolder


def assemble(
    stored: StoredStudy,
    spec: StudySpec,
    executor: Executor,
    folder: StudyFolder,
    *,
    stopper: Stopper,
    observer: Observer,
    store: StageStore | None = None,
    earlier_studies: Sequence[EarlierStudy] = (),
    start_seconds: float = 0.0,
    clock: Callable[[], float] = time.monotonic,
) -> StudyLoop:
    """A loop, ready to run, on a study that is open.

    `store` holds what stages leave; None: nothing is shared. `earlier_studies` are those of
    [warm_start]; `start_seconds` went by before there were trials: import, warm parent.

    Raises StudyError where the sampler cannot do what the study asks of it.
    """
    devices = executor.devices
    most, kind = largest_lease(devices), devices[0].kind
    driver = Driver.me()
    session = DriverSession(stored, driver, len(devices), start_seconds)
    session.save()
    code = stored.attributes().get(study_marks.CODE)
    known = stored.retry(lambda: earlier_observations(stored.storage, spec, kind, code))
    costs = LearnedCosts(spec, devices, store, known, executor.count)
    treasury = Treasury(stored, spec, costs, session)
    standing = Standing(stored, spec, executor, treasury, clock)
    plans = StagePlans(spec, executor, store)
    offers = Offers(
        spec.space,
        most,
        plans.plan_sampled,
        lambda sampled, planned: treasury.price(spec.configure(sampled), planned),
    )
    affordable = Affordable(
        spec,
        most,
        treasury,
        plans.plan,
        cheap=lambda: [offer.params for offer in offers.current(stored.study)],
        known=lambda: [record.params for record in standing.records],
    )
    reading = reading_of(
        spec,
        expected_cost=lambda sampled: treasury.price(spec.configure(sampled)),
        fits=affordable.fits,
        offers=offers.current,
    )
    steer_sampler(
        stored.study, reading, affordable, limit=treasury.free, earlier_studies=earlier_studies
    )
    stopping = Stopping(stored, spec, stopper, reading, most)
    return StudyLoop(
        stored,
        spec,
        executor,
        folder,
        driver=driver,
        recovery=Recovery(stored, session.signs),
        treasury=treasury,
        standing=standing,
        plans=plans,
        sharing=Sharing(stored, plans, offers, standing.front),
        stopping=stopping,
        affordable=affordable,
        admission=Admission(stored, spec, treasury, stopping, most),
        observer=observer,
        clock=clock,
    )
