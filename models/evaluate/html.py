"""A report as one page: tables, and curves as inline SVG; nothing is loaded from elsewhere."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape

from models.evaluate.bootstrap import Interval
from models.evaluate.goals import Outcome
from models.evaluate.held_out_names import Name
from models.evaluate.plot import Curve, plot
from models.evaluate.pool import Pool
from models.evaluate.report import Laboratory, Report
from models.evaluate.sheet import Mix, Part, Sheet
from models.evaluate.thresholds import Band, Thresholds

Points = Sequence[tuple[float, float]]

_NONE = "-"
_NUMBERS = re.compile(r"[\d.,]+( |$)|-$")
_INTERVALS = (
    "Intervals hold 95 % of 200 bootstrap draws of the rows; rows of one recording are alike, so that what is not "
    "known is more than they say."
)
_THRESHOLDS = (
    "The shipped model. The validation captures set its threshold and were not trained on; later days had no part in "
    "it."
)
_NAMES = (
    "The seed whose macro-F1 is the median. Half of the normal rows set the threshold and are not counted; the rest is "
    "called by teachers that never saw the attack, or the group of normal rows."
)
_MEDIAN = "Curves and tables are of the seed whose ROC-AUC is the median; the curves of the others are grey."
_FITTED = (
    "Trained on the other laboratories; then fitted to the first hour of each network, without labels. The first hour "
    "is not counted."
)
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:86rem;margin:2rem auto;padding:0 1rem;color:#1b2530}
table{display:block;overflow-x:auto;border-collapse:collapse;margin:1rem 0;font-size:14px}
td,th{border-bottom:1px solid #d5dbe1;padding:.25rem .6rem}
th{text-align:left}td.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.missed{color:#a02020}.reached{color:#1a6b3a}
svg{width:30%;min-width:18rem;margin:.5rem}
"""


def page(report: Report) -> str:
    """Return the page."""
    parts = (
        f"<h1>Evaluation of {escape(report.model)}</h1>",
        f"<p>Threshold: risk {report.threshold:g}. {_INTERVALS}</p>",
        f"<p>Seeds {', '.join(map(str, report.seeds))}, {report.epochs} epochs. {escape(_software(report))}</p>",
        _table(("file", "sha256"), ((source.file, source.sha256) for source in report.data)),
        "<h2>What was to be reached</h2>",
        _table(("tested on", "figure", "goal", "seeds", "median", ""), map(_outcome, report.outcomes)),
        f"<h2>Thresholds as shipped</h2><p>{_THRESHOLDS}</p>",
        _thresholds(report.thresholds),
        "<h2>Shipped model on later days</h2>",
        _sheet(report.shipped),
        f"<h2>The recipe on later days</h2><p>Threshold: that of each seed's validation captures. {_MEDIAN}</p>",
        _pool(report.later),
        "<h2>One Zeek capture left out, pooled</h2>",
        f"<p>Threshold: that of 1 % false positives over the pool. {_MEDIAN}</p>",
        _pool(report.captures),
        f"<h2>Laboratories never seen</h2><p>{_FITTED}</p>",
        _laboratories(report.laboratories),
        f"<h2>NSL-KDD, attacks held out by name</h2><p>{_NAMES}</p>",
        _table(("attack", "rows", "ROC-AUC", "called an attack"), map(_name, report.nsl_kdd)),
        "<h2>Are the reasons right?</h2>",
        _reasons(report),
    )
    head = f'<meta charset="utf-8"><title>{escape(report.model)}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>\n'


def _software(report: Report) -> str:
    return ", ".join(f"{name} {version}" for name, version in report.software.items()) + "."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    kind = f' class="{text}"' if text in ("reached", "missed") else ' class="n"' if _NUMBERS.match(text) else ""
    return f"<td{kind}>{escape(text)}</td>"


def _outcome(outcome: Outcome) -> tuple[str, ...]:
    sign = "at most" if outcome.at_most else "at least"
    seeds = ", ".join(f"{value:.4f}" for value in outcome.by_seed)
    verdict = "reached" if outcome.is_reached else "missed"
    return outcome.of, outcome.figure, f"{sign} {outcome.reach:g}", seeds, f"{outcome.median:.4f}", verdict


def _thresholds(shipped: Thresholds) -> str:
    head = ("captures", "severity", "from risk on", "malicious rows found", "benign rows called a threat")
    measured = (("validation", shipped.validation), ("later days", shipped.later))
    return _table(head, (_band(captures, band) for captures, bands in measured for band in bands))


def _band(captures: str, band: Band) -> tuple[str, ...]:
    return captures, band.severity, f"{band.risk:g}", _interval(band.recall), _interval(band.fpr)


def _pool(pool: Pool) -> str:
    head = (
        "seed", "ROC-AUC", "average precision", "recall at 1 %", "threshold", "recall at it", "false positives at it",
    )  # fmt: skip
    others = [sheet for place, sheet in enumerate(pool.sheets) if place != pool.median]
    return _table(head, map(_seed, pool.seeds, pool.sheets)) + _sheet(pool.middle, others)


def _seed(seed: int, sheet: Sheet) -> tuple[str, ...]:
    return (
        str(seed),
        _interval(sheet.roc_auc),
        _interval(sheet.average_precision),
        _interval(sheet.recall_at_1pct_fpr),
        f"{sheet.threshold:.2f}",
        _interval(sheet.recall),
        _interval(sheet.fpr),
    )


def _sheet(sheet: Sheet, others: Sequence[Sheet] = ()) -> str:
    figures = (
        ("rows, of which malicious", f"{sheet.rows:,}, {sheet.malicious:,} ({sheet.malicious / sheet.rows:.1%})"),
        ("classes", _mix(sheet.mix)),
        ("ROC-AUC", _interval(sheet.roc_auc)),
        ("average precision", _interval(sheet.average_precision)),
        ("recall at 1 % false positives", _interval(sheet.recall_at_1pct_fpr)),
        (f"recall at risk {sheet.threshold:.2f}", _interval(sheet.recall)),
        (f"false positives at risk {sheet.threshold:.2f}", _interval(sheet.fpr)),
        ("expected calibration error", f"{sheet.calibration_error:.4f}"),
    )
    plots = (
        plot("ROC", "false-positive rate", "recall", _curves(sheet.roc, [other.roc for other in others])),
        plot(
            "Precision and recall", "recall", "precision",
            _curves(sheet.precision_recall, [other.precision_recall for other in others]),
        ),
        plot(
            "Calibration", "mean risk / 100", "share malicious",
            _curves(_reliability(sheet), [_reliability(other) for other in others], marks=True), diagonal=True,
        ),
    )  # fmt: skip
    head = ("rows", "malicious", "classes", "ROC-AUC", "malicious rows called a threat", "benign rows called a threat")
    return (
        _table(("figure", "value"), figures)
        + "".join(plots)
        + _table(("attack", *head), map(_part, sheet.attacks))
        + _table(("capture", *head), map(_part, sheet.captures))
    )


def _curves(shown: Points, others: Iterable[Points], *, marks: bool = False) -> list[Curve]:
    """Return the curves, the one that is shown on top."""
    return [*(Curve(points, faint=True) for points in others), Curve(shown, marks=marks)]


def _reliability(sheet: Sheet) -> Points:
    return [(risk, share) for risk, share, _ in sheet.reliability]


def _mix(mix: Mix) -> str:
    rows = sum(count for _, count in mix)
    return ", ".join(f"{name.replace('_', ' ')} {count / rows:.1%}" for name, count in mix)


def _part(part: Part) -> tuple[str, ...]:
    benign_only = part.malicious == 0
    called, alarms = (part.false_alarms if benign_only else part.called), part.false_alarms
    return (
        part.name,
        f"{part.rows:,}",
        f"{part.malicious:,}",
        _mix(part.mix),
        _number(part.roc_auc),
        _NONE if benign_only else _interval(called),
        _interval(alarms),
    )


def _laboratories(laboratories: Sequence[Laboratory]) -> str:
    head = (
        "laboratory", "seed", "rows", "malicious", "ROC-AUC", "recall at 1 %", "false positives as trained",
        "recall as trained", "ROC-AUC fitted", "recall at 1 % fitted", "false positives fitted", "recall fitted",
    )  # fmt: skip
    return _table(head, map(_laboratory, laboratories))


def _laboratory(of: Laboratory) -> tuple[str, ...]:
    return (
        of.name,
        str(of.seed),
        f"{of.rows:,}",
        f"{of.malicious:,}",
        f"{of.roc_auc:.4f}",
        f"{of.recall_at_1pct_fpr:.3f}",
        _interval(of.fpr_as_trained),
        _interval(of.recall_as_trained),
        f"{of.roc_auc_fitted:.4f}",
        f"{of.recall_at_1pct_fpr_fitted:.3f}",
        _interval(of.fpr_fitted),
        _interval(of.recall_fitted),
    )


def _name(of: Name) -> tuple[str, ...]:
    return of.name, f"{of.rows:,}", _number(of.roc_auc), _interval(of.called)


def _reasons(report: Report) -> str:
    reasons = report.reasons
    rows = (
        ("fall of the risk without the feature named first", _interval(reasons.fall_of_first)),
        ("fall without another observed feature", _interval(reasons.fall_of_random)),
        ("threats in which the first one's fall is the larger", _interval(reasons.first_is_larger)),
        ("threats in which the other's is", _interval(reasons.random_is_larger)),
    )
    return f"<p>{reasons.threats:,} threats; a feature is set to its expected value.</p>" + _table(("", "mean"), rows)


def _interval(interval: Interval) -> str:
    known = not math.isnan(interval.value)
    return f"{interval.value:.4f} ({interval.low:.4f} to {interval.high:.4f})" if known else _NONE


def _number(value: float) -> str:
    return _NONE if math.isnan(value) else f"{value:.4f}"
