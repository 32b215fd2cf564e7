"""The parts of the page that are read, not played with: what was asked, found, paid."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element

from paretune.front.measured_front import SURE_SHARE, MeasuredFront
from paretune.money.ledger import Ledger
from paretune.predict.prediction_score import PredictionScore
from paretune.report import RecordedStudy
from paretune.report.device_waste import busy_sentence, waste_sentence
from paretune.report.gains import gain_sentence, gains_of
from paretune.report.labels import axis_label, device_note, number, short
from paretune.report.page.markup import element, listing, table
from paretune.report.panels import groups_of
from paretune.report.totals import Totals
from paretune.report.wording import counted, duration
from paretune.space.parameters import describe_when
from paretune.trial.outcome import Status

_BARS = 100  # the width of a bar in per cent


def found(study: RecordedStudy, measured: MeasuredFront) -> list[Element]:
    """The answer, before anything else: what is gained, and what the front spans."""
    if not study.front:
        return [element("p", _no_front(study), class_="lead")]
    sentences = [gain_sentence(gain, study.device_kind) for gain in gains_of(study, measured)]
    objectives = study.spec.objectives
    spans = []
    for name in objectives.names:
        values = [(record.values or {})[name] for record in study.front]
        label = axis_label(name, study.device_kind)
        spans.append(f"{label}: {number(min(values))} to {number(max(values))}")
    members = counted(len(study.front), "configuration")
    ended = sum(record.status is not None for record in study.records)
    lead = f"{members} of {counted(ended, 'trial')} that no other one beats in every objective"
    apart = len(measured.points)
    if apart < len(study.front):
        lead += f"; {counted(apart, 'point')} that the noise can tell apart"
    return [
        element("p", f"{lead}.", class_="lead"),
        listing([_sentence(text) for text in sentences]),
        element("p", f"The front has {'; '.join(spans)}."),
    ]


def asked(study: RecordedStudy) -> list[Element]:
    """The study file in words."""
    spec, objectives = study.spec, study.spec.objectives
    facts = [
        ("to find", ", ".join(f"{_way(way)} {name}" for name, way in objectives.by_name.items())),
        ("that keeps", " and ".join(map(str, objectives.constraints)) or "no constraint"),
        ("by training", f"{spec.trainable} on {spec.data.get('source', 'its own data')}"),
        ("within", _budget(study)),
        ("searched by", f"{spec.sampler.name}; early stopping: {spec.stopper}"),
        ("held against", counted(len(groups_of(study).baselines), "baseline")),
        ("on", f"{study.device_kind}: {device_note(objectives.names, study.device_kind)}"),
    ]
    listed = element("dl", class_="facts")
    for term, text in facts:
        listed.append(element("div", element("dt", term), element("dd", text)))
    fixed = ", ".join(f"{name} {short(value)}" for name, value in spec.train.items())
    rows = []
    for parameter in spec.space.parameters:
        when = describe_when(parameter)
        rows.append((parameter.name, f"{parameter.describe()}{f', where {when}' if when else ''}"))
    searched = ("The search space", ("parameter", "values"))
    return [
        listed,
        element(
            "details",
            element("summary", f"The {counted(len(rows), 'parameter')} that were searched"),
            element("div", table(*searched, rows, "prose"), class_="wide"),
            element("p", f"Fixed for all: {fixed}.") if fixed else None,
        ),
    ]


def sure(
    study: RecordedStudy, measured: MeasuredFront, scores: Mapping[str, PredictionScore]
) -> list[Element]:
    """What is known of the figures' errors, and of the front's members."""
    points = [
        "What was chosen among many by a measured figure was a little lucky: expect its test "
        "figure to be lower.",
        *_noise(study, measured),
    ]
    if measured.points:
        certain = sum(point.sure for point in measured.points)
        points.append(
            f"{certain} of {counted(len(measured.points), 'point')} of the front are sure: of "
            f"such, {SURE_SHARE:.0%} are expected to be false. The table gives the probability "
            "that each is truly non-dominated."
        )
    disturbed = sum(record.cost.is_disturbed for record in study.front)
    if disturbed:
        points.append(
            f"{disturbed} of {counted(len(study.front), 'member')} of the front ran beside other "
            "programs: the seconds may be too many."
        )
    points += [
        f"{axis_label(figure.removeprefix('spent_'), study.device_kind)}"
        f"{' paid by a trial' if figure.startswith('spent_') else ''}: predicted before the trial "
        f"ran with a mean error of {score.mean_error:.0%}; {score.coverage:.0%} of "
        f"{counted(score.trials, 'trial')} lay inside the 80 % interval."
        for figure, score in scores.items()
    ]
    return [listing(points)]


def _noise(study: RecordedStudy, measured: MeasuredFront) -> list[str]:
    """By objective: how large its standard errors are, and what they rest on."""
    lines = []
    for name in study.spec.objectives.names:
        figures = [measured.figures(record)[name] for record in study.front]
        errors = [f.standard_error for f in figures if f.standard_error is not None]
        source = "; ".join(dict.fromkeys(figure.source for figure in figures))
        if not figures or max(errors, default=None) == 0:
            continue  # exact
        label = axis_label(name, study.device_kind)
        ends = (
            dict.fromkeys(f"{error:.2g}" for error in (min(errors), max(errors))) if errors else ()
        )
        span = f"standard error {' to '.join(ends)}; " if errors else ""
        lines.append(f"{label}: {span}{source}.")
    return lines


def paid(study: RecordedStudy, ledger: Ledger) -> list[Element]:
    """The ledger: totals, then the same seconds by phase and by end."""
    unit = axis_label("gpu_seconds", study.device_kind)
    lines = [_sentence(line) for line in Totals.of(study.records).lines(study.device_kind)]
    if ledger.dollars is not None:
        lines.append(f"That is {number(ledger.dollars)} dollars.")
    if ledger.energy_j is not None:
        lines.append(f"Energy: {number(ledger.energy_j)} J.")
    use = (busy_sentence(ledger.use, ledger.device_kind), waste_sentence(ledger))
    lines += [_sentence(told) for told in use if told is not None]
    if ledger.wall_seconds:
        lines.append(f"The search was at work for {duration(ledger.wall_seconds)}.")
    failures = [
        f"{counted(count, 'trial')} ended as {status.replace('_', ' ')}"
        for status, count in _unfinished(study).items()
    ]
    return [
        listing([*lines, f"{'; '.join(failures)}."] if failures else lines),
        element(
            "div",
            _bars(f"By phase, {unit}", "phase", ledger.by_phase, ledger.gpu_seconds),
            _bars(f"By how the trial ended, {unit}", "end", ledger.by_status, ledger.gpu_seconds),
            class_="pair",
        ),
    ]


def _bars(caption: str, first: str, amounts: Mapping[str, float], whole: float) -> Element:
    rows = []
    for name, amount in amounts.items():
        share = amount / whole if whole else 0.0
        bar = element(
            "svg",
            element("rect", width=f"{share * _BARS:.2f}%", height="100%"),
            class_="bar",
            aria_hidden="true",
        )
        rows.append((name.replace("_", " "), number(amount), f"{share:.0%}", bar))
    return table(caption, (first, "seconds", "share", "of the whole"), rows, "bars")


def _unfinished(study: RecordedStudy) -> dict[str, int]:
    counts: dict[str, int] = {}
    for record in study.records:
        if record.status not in (None, Status.COMPLETED):
            counts[record.status.value] = counts.get(record.status.value, 0) + 1
    return counts


def _no_front(study: RecordedStudy) -> str:
    ended = [record for record in study.records if record.status is not None]
    if not ended:
        return "No trial has ended yet."
    if not any(record.values for record in ended):
        return f"None of {counted(len(ended), 'trial')} has completed: there is no front."
    bounds = " and ".join(map(str, study.spec.objectives.constraints))
    if not bounds:
        return "No trial that completed has finite figures: there is no front."
    return f"No trial keeps {bounds}: there is no front."


def _budget(study: RecordedStudy) -> str:
    budget = study.spec.budget
    limits = [
        (budget.trials, "trials"),
        (budget.gpu_seconds, axis_label("gpu_seconds", study.device_kind)),
        (budget.dollars, "dollars"),
        (budget.wall_seconds, "seconds"),
    ]
    return ", ".join(f"{limit:,g} {unit}" for limit, unit in limits if limit) or "no limit"


def _way(direction: str) -> str:
    return "more" if direction == "maximize" else "less"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
