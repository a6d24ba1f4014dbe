import type { RiskPoint } from "@/shared/api/types";
import type { Size } from "@/shared/canvas/use-canvas";
import { SEVERITIES, SEVERITY_FLOOR, severityOf } from "@/shared/domain/severity";
import { absolute } from "@/shared/format/time";
import type { Colours } from "@/shared/theme/colours";

const LEFT_PX = 30;
const BOTTOM_PX = 18;
const TOP_PX = 6;
const RIGHT_PX = 8;

export interface Placed {
  x: number;
  y: number;
  risk: number;
  threats: number;
}

/** Where the points lie; one alone stands in the middle. */
export function placePoints(points: readonly RiskPoint[], { width, height }: Size): Placed[] {
  const first = points[0]?.time ?? 0;
  const span = (points.at(-1)?.time ?? first) - first;
  const inner = width - LEFT_PX - RIGHT_PX;
  return points.map(({ time, max_risk, threats }) => ({
    x: LEFT_PX + (span > 0 ? ((time - first) / span) * inner : inner / 2),
    y: riskY(max_risk, height),
    risk: max_risk,
    threats,
  }));
}

function riskY(risk: number, height: number): number {
  return TOP_PX + (1 - risk / 100) * (height - TOP_PX - BOTTOM_PX);
}

/** A stem for each part with threats, wider and with a bigger head the more there were; a line would invent what lies between. */
export function drawRisk(
  context: CanvasRenderingContext2D,
  size: Size,
  points: readonly RiskPoint[],
  colours: Colours,
): void {
  context.font = '11px "IBM Plex Sans Variable", system-ui, sans-serif';
  context.textBaseline = "middle";
  for (const severity of SEVERITIES) {
    const y = riskY(SEVERITY_FLOOR[severity], size.height);
    context.fillStyle = colours.line;
    context.fillRect(LEFT_PX, Math.round(y), size.width - LEFT_PX, 1);
    context.fillStyle = colours.muted;
    context.fillText(String(SEVERITY_FLOOR[severity]), 4, y);
  }
  const floor = riskY(0, size.height);
  for (const { x, y, risk, threats } of placePoints(points, size)) {
    const radius = Math.min(6, 2.5 + Math.log2(threats) / 2);
    context.fillStyle = colours.severity[severityOf(risk)];
    context.globalAlpha = 0.5;
    context.fillRect(x - 1, y, 2, floor - y);
    context.globalAlpha = 1;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fill();
  }
  drawTimes(context, size, points, colours);
}

function drawTimes(
  context: CanvasRenderingContext2D,
  size: Size,
  points: readonly RiskPoint[],
  colours: Colours,
): void {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return;
  context.fillStyle = colours.muted;
  context.textBaseline = "bottom";
  context.fillText(absolute(first.time), LEFT_PX, size.height);
  if (last.time === first.time) return;
  const text = absolute(last.time);
  context.fillText(text, size.width - context.measureText(text).width - 2, size.height);
}
