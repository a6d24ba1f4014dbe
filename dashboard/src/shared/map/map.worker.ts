import type { Colours } from "@/shared/theme/colours";
import { drawRegion } from "./draw";
import { dirtyRects, type Rect } from "./geometry";
import type { MapScene } from "./scene";

/** What the page tells the worker. */
export type MapMessage =
  | { type: "canvas"; canvas: OffscreenCanvas }
  | { type: "scene"; scene: MapScene; width: number; height: number; scale: number; colours: Colours };

let context: OffscreenCanvasRenderingContext2D | null = null;
let shown: { scene: MapScene; frame: string } = { scene: { nodes: [], links: [] }, frame: "" };

self.onmessage = ({ data }: MessageEvent<MapMessage>) => {
  if (data.type === "canvas") {
    context = data.canvas.getContext("2d");
    return;
  }
  if (!context) return;
  const { scene, width, height, scale, colours } = data;
  const frame = JSON.stringify([width, height, scale, colours]);
  const regions = frame === shown.frame ? dirtyRects(shown.scene, scene, width) : [resized(context, data)];
  for (const region of regions) drawRegion(context, region, scene, width, colours);
  shown = { scene, frame };
};

/** Another size or theme: everything is dirty. */
function resized(
  target: OffscreenCanvasRenderingContext2D,
  { width, height, scale }: { width: number; height: number; scale: number },
): Rect {
  target.canvas.width = Math.round(width * scale);
  target.canvas.height = Math.round(height * scale);
  target.setTransform(scale, 0, 0, scale, 0, 0);
  return { x: 0, y: 0, width, height };
}
