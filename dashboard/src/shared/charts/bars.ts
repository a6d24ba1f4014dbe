import { SEVERITIES } from "@/shared/domain/severity";
import type { Colours } from "@/shared/theme/colours";
import type { Size } from "@/shared/canvas/use-canvas";

/** Room under the bars for the times. */
export const AXIS_PX = 16;
const TOP_PX = 6;

export interface Block {
  x: number;
  y: number;
  width: number;
  height: number;
  rank: number;
}

/** A mark on the time axis, at a bar. */
export interface Tick {
  bar: number;
  text: string;
}

/** Stack bars of counts by severity (the worst at the bottom, where it is compared best); the tallest fills the height. */
export function layoutBars(bars: readonly (readonly number[])[], { width, height }: Size): Block[] {
  const tallest = Math.max(1, ...bars.map(total));
  const step = width / Math.max(bars.length, 1);
  const floor = height - AXIS_PX;
  return bars.flatMap((counts, index) => {
    let below = 0;
    return counts.flatMap((count, rank) => {
      if (count === 0) return [];
      const whole = (count / tallest) * (floor - TOP_PX);
      const block = { x: index * step, y: floor - below - whole, width: Math.max(step - 1, 1), height: whole, rank };
      below += whole;
      return [block];
    });
  });
}

/** Which bar is under a point. */
export function barAt(x: number, width: number, bars: number): number {
  return Math.min(bars - 1, Math.max(0, Math.floor((x / width) * bars)));
}

export function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

interface Scene {
  bars: readonly (readonly number[])[];
  ticks: readonly Tick[];
  /** Bars that are chosen or pointed at, both ends included. */
  marked: readonly [number, number] | undefined;
  unknown_before: number;
  colours: Colours;
}

/** Hatch what is not known, so that it does not look like nothing. */
function drawUnknown(context: CanvasRenderingContext2D, width: number, height: number, colours: Colours): void {
  if (width <= 0) return;
  context.save();
  context.beginPath();
  context.rect(0, 0, width, height);
  context.clip();
  context.strokeStyle = colours.line;
  context.beginPath();
  for (let x = -height; x < width; x += 9) {
    context.moveTo(x, height);
    context.lineTo(x + height, 0);
  }
  context.stroke();
  context.restore();
}

export function drawBars(context: CanvasRenderingContext2D, size: Size, scene: Scene): void {
  const { bars, ticks, marked, unknown_before, colours } = scene;
  const step = size.width / Math.max(bars.length, 1);
  const floor = size.height - AXIS_PX;
  context.fillStyle = colours.line;
  context.fillRect(0, floor, size.width, 1);
  drawUnknown(context, unknown_before * step, floor, colours);
  if (marked) {
    context.globalAlpha = 0.5;
    context.fillRect(marked[0] * step, 0, (marked[1] - marked[0] + 1) * step, floor);
    context.globalAlpha = 1;
  }
  for (const block of layoutBars(bars, size)) {
    context.fillStyle = colours.severity[SEVERITIES[block.rank] ?? "informational"];
    context.fillRect(block.x, Math.min(block.y, floor - 2), block.width, Math.max(block.height, 2));
  }
  context.fillStyle = colours.muted;
  context.font = '11px "IBM Plex Sans Variable", system-ui, sans-serif';
  context.textBaseline = "bottom";
  let free = 0;
  for (const tick of ticks) {
    const width = context.measureText(tick.text).width;
    const x = Math.min(Math.max(tick.bar * step, 0), size.width - width);
    if (x < free) continue;
    context.fillText(tick.text, x, size.height);
    free = x + width + 14;
  }
}
