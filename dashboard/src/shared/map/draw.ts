import { severityRank } from "@/shared/domain/severity";
import type { Colours } from "@/shared/theme/colours";
import { lineWidth, linkEnds, linkRect, meets, nodeRect, type Rect } from "./geometry";
import type { MapLink, MapNode, MapScene } from "./scene";

type Context = OffscreenCanvasRenderingContext2D;

/** Draw what lies in one rectangle, and nothing outside of it. */
export function drawRegion(context: Context, region: Rect, scene: MapScene, width: number, colours: Colours): void {
  context.save();
  context.beginPath();
  context.rect(region.x, region.y, region.width, region.height);
  context.clip();
  context.clearRect(region.x, region.y, region.width, region.height);
  const worst_last = scene.links.toSorted((one, other) => severityRank(other.severity) - severityRank(one.severity));
  for (const link of worst_last) if (meets(linkRect(link, width), region)) drawLink(context, link, width, colours);
  for (const node of scene.nodes) if (meets(nodeRect(node, width), region)) drawNode(context, node, width, colours);
  context.restore();
}

function drawLink(context: Context, link: MapLink, width: number, colours: Colours): void {
  const { x0, y0, x1, y1 } = linkEnds(link, width);
  const middle = (x0 + x1) / 2;
  context.globalAlpha = link.hot ? 1 : 0.45;
  context.strokeStyle = colours.severity[link.severity];
  context.lineWidth = lineWidth(link);
  context.beginPath();
  context.moveTo(x0, y0);
  context.bezierCurveTo(middle, y0, middle, y1, x1, y1);
  context.stroke();
  context.globalAlpha = 1;
}

function drawNode(context: Context, node: MapNode, width: number, colours: Colours): void {
  const { x, y, width: side } = nodeRect(node, width);
  context.fillStyle = colours.severity[node.severity];
  context.beginPath();
  context.roundRect(x, y, side, side, 2);
  context.fill();
}
