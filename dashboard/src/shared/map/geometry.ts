import type { MapLink, MapNode, MapScene } from "./scene";

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const ROW_PX = 24;
const MARK_PX = 10;
const PAD_PX = 4;

export function rowY(row: number): number {
  return row * ROW_PX + ROW_PX / 2;
}

export function lineWidth(link: MapLink): number {
  return Math.min(6, 1 + Math.log2(link.count));
}

export function nodeRect(node: MapNode, width: number): Rect {
  const x = node.side === "source" ? 0 : width - MARK_PX;
  return { x, y: rowY(node.row) - MARK_PX / 2, width: MARK_PX, height: MARK_PX };
}

/** Ends of a link's curve; its control points lie half-way at the heights of the ends, so the box holds the curve. */
export function linkEnds(link: MapLink, width: number): { x0: number; y0: number; x1: number; y1: number } {
  return { x0: MARK_PX + 2, y0: rowY(link.from_row), x1: width - MARK_PX - 2, y1: rowY(link.to_row) };
}

export function linkRect(link: MapLink, width: number): Rect {
  const { x0, y0, x1, y1 } = linkEnds(link, width);
  const half = lineWidth(link) / 2;
  return { x: x0, y: Math.min(y0, y1) - half, width: x1 - x0, height: Math.abs(y1 - y0) + 2 * half };
}

/** What must be drawn again between two scenes: the boxes of all that came, went or changed, merged where they meet. */
export function dirtyRects(before: MapScene, after: MapScene, width: number): Rect[] {
  const old = boxes(before, width);
  const now = boxes(after, width);
  const dirty: Rect[] = [];
  for (const [key, box] of now) {
    const held = old.get(key);
    if (held?.look === box.look) continue;
    dirty.push(grown(box.rect));
    if (held) dirty.push(grown(held.rect));
  }
  for (const [key, box] of old) if (!now.has(key)) dirty.push(grown(box.rect));
  return merged(dirty);
}

export function meets(one: Rect, other: Rect): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

interface Box {
  rect: Rect;
  look: string;
}

function boxes({ nodes, links }: MapScene, width: number): Map<string, Box> {
  const all = new Map<string, Box>();
  for (const link of links) {
    const look = `${link.from_row} ${link.to_row} ${lineWidth(link)} ${link.severity} ${link.hot}`;
    all.set(`link ${link.key}`, { rect: linkRect(link, width), look });
  }
  for (const node of nodes) {
    all.set(`${node.side} ${node.id}`, { rect: nodeRect(node, width), look: `${node.row} ${node.severity}` });
  }
  return all;
}

function grown({ x, y, width, height }: Rect): Rect {
  return { x: x - PAD_PX, y: y - PAD_PX, width: width + 2 * PAD_PX, height: height + 2 * PAD_PX };
}

/** Join rectangles that overlap until none do. */
function merged(rects: readonly Rect[]): Rect[] {
  const result: Rect[] = [];
  for (const rect of rects) {
    let joined = rect;
    for (let at = result.length - 1; at >= 0; at--) {
      const other = result[at];
      if (!other || !meets(joined, other)) continue;
      joined = union(joined, other);
      result.splice(at, 1);
      at = result.length;
    }
    result.push(joined);
  }
  return result;
}

function union(one: Rect, other: Rect): Rect {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}
