"""Curves over the unit square as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

_SIZE, _LEFT, _TOP = 300, 45, 30  #: side of the square and its margins, pixels
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


class Curve(NamedTuple):
    """Points with both coordinates from 0 to 1."""

    points: Sequence[tuple[float, float]]
    marks: bool = False  #: points are drawn as well
    faint: bool = False  #: it is there for comparison


def plot(title: str, x: str, y: str, curves: Sequence[Curve], *, diagonal: bool = False) -> str:
    """Return curves with axes as one SVG element."""
    width, height = _SIZE + _LEFT + 15, _SIZE + _TOP + 45
    lines = [_line(curve.points, "#b9c4cf" if curve.faint else "#1f5fa8") for curve in curves]
    dots = [_dot(point) for curve in curves if curve.marks for point in curve.points]
    usual = [_line(((0, 0), (1, 1)), "#9aa5b1")] if diagonal else []
    labels = (
        f'<text x="{width / 2}" y="18" text-anchor="middle">{escape(title)}</text>'
        f'<text x="{width / 2}" y="{height - 8}" text-anchor="middle" font-size="12">{escape(x)}</text>'
        f'<text x="12" y="{_TOP + _SIZE / 2}" text-anchor="middle" font-size="12" '
        f'transform="rotate(-90 12 {_TOP + _SIZE / 2})">{escape(y)}</text>'
    )
    frame = f'<rect x="{_LEFT}" y="{_TOP}" width="{_SIZE}" height="{_SIZE}" fill="none" stroke="#9aa5b1"/>'
    body = frame + "".join([*map(_tick, _TICKS), *usual, *lines, *dots]) + labels
    return f'<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">{body}</svg>'


def _at(point: tuple[float, float]) -> tuple[float, float]:
    return round(_LEFT + point[0] * _SIZE, 1), round(_TOP + (1 - point[1]) * _SIZE, 1)


def _line(points: Sequence[tuple[float, float]], colour: str) -> str:
    path = " ".join("{},{}".format(*_at(point)) for point in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>'


def _dot(point: tuple[float, float]) -> str:
    x, y = _at(point)
    return f'<circle cx="{x}" cy="{y}" r="3" fill="#1f5fa8"/>'


def _tick(value: float) -> str:
    x, y = _at((value, value))
    return (
        f'<text x="{x}" y="{_TOP + _SIZE + 15}" text-anchor="middle" font-size="11">{value:g}</text>'
        f'<text x="{_LEFT - 5}" y="{y + 4}" text-anchor="end" font-size="11">{value:g}</text>'
    )
