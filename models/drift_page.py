"""A report of drift as one page: the index of each column, and its shares as bars in inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from models.drift import ACT, WATCH, ColumnDrift, Report

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#1b2530}
table{border-collapse:collapse;margin:1rem 0;font-size:14px}td,th{border-bottom:1px solid #d5dbe1;padding:.25rem .6rem}
th{text-align:left}td.n{text-align:right;font-variant-numeric:tabular-nums}
figure{display:inline-block;margin:.5rem;width:20rem}figcaption{font-size:13px}.act{color:#a02020}.watch{color:#8a5a00}
"""
_WIDTH, _HEIGHT, _GAP = 320, 90, 6


def page(report: Report) -> str:
    """Return the page; the columns that moved most come first."""
    columns = sorted(report.columns, key=lambda column: -column.psi)
    head = f'<meta charset="utf-8"><title>Drift of model {escape(report.version)}</title><style>{_STYLE}</style>'
    body = (
        f"<h1>Drift of model {escape(report.version)}</h1>"
        f"<p>{report.rows:,} sampled flows, {escape(report.since)} to {escape(report.until)}, against "
        f"{escape(report.against)}. Population stability index: from {WATCH:g} on watch, from {ACT:g} on act.</p>"
        f"{_table(columns)}<h2>Shares of rows by bin</h2>"
        f"<p>Grey is expected, blue observed; the last bin holds missing values.</p>{''.join(map(_figure, columns))}"
    )
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>\n'


def _table(columns: Sequence[ColumnDrift]) -> str:
    rows = "".join(
        f'<tr><td>{escape(column.name)}</td><td class="n">{column.psi:.3f}</td>'
        f'<td class="{column.verdict}">{column.verdict}</td></tr>'
        for column in columns
    )
    return f"<table><thead><tr><th>column</th><th>index</th><th></th></tr></thead><tbody>{rows}</tbody></table>"


def _figure(column: ColumnDrift) -> str:
    most = max(*column.expected, *column.observed, 1e-9)
    step = _WIDTH / len(column.expected)
    bars = "".join(
        _bar(at * step + offset, share / most, (step - _GAP) / 2, colour, label)
        for shares, offset, colour in (
            (column.expected, 0.0, "#b4bec8"),
            (column.observed, (step - _GAP) / 2, "#1f5fa8"),
        )
        for at, (share, label) in enumerate(zip(shares, column.labels, strict=True))
    )
    svg = f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" xmlns="http://www.w3.org/2000/svg" role="img">{bars}</svg>'
    caption = f'{escape(column.name)} <span class="{column.verdict}">{column.psi:.3f}</span>'
    return f"<figure>{svg}<figcaption>{caption}</figcaption></figure>"


def _bar(x: float, share: float, width: float, colour: str, label: str) -> str:
    height = share * _HEIGHT
    return (
        f'<rect x="{x:.1f}" y="{_HEIGHT - height:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}">'
        f"<title>{escape(label)}</title></rect>"
    )
