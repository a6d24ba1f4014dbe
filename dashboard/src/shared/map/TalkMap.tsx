import { useRef } from "react";
import { useSize } from "@/shared/canvas/use-canvas";
import { count } from "@/shared/format/numbers";
import { shortAddress } from "@/shared/format/address";
import { ROW_PX } from "./geometry";
import type { MapNode, MapScene } from "./scene";
import styles from "./TalkMap.module.css";
import { useMapCanvas } from "./use-map-canvas";

interface Props {
  scene: MapScene;
  rows: number;
  onPick: (node: MapNode) => void;
}

/** Who acts against whom. The curves are drawn by a worker; the names are buttons, so that keyboards reach them. */
export function TalkMap({ scene, rows, onPick }: Props) {
  const canvas_box = useRef<HTMLDivElement>(null);
  const size = useSize(canvas_box);
  useMapCanvas(canvas_box, scene, size);
  const column = (side: MapNode["side"], label: string) => (
    <ul className={styles[side]} aria-label={label}>
      {scene.nodes
        .filter((node) => node.side === side)
        .map((node) => (
          <li key={node.id} style={{ top: node.row * ROW_PX }}>
            <button type="button" onClick={() => onPick(node)} title={`${node.id}: ${describe(node)}`}>
              <span aria-hidden="true">{shortAddress(node.id)}</span>
              <span className="visually-hidden">
                {node.id}, {describe(node)}
              </span>
            </button>
          </li>
        ))}
    </ul>
  );
  return (
    <div className={styles.map} style={{ height: rows * ROW_PX }}>
      {column("source", "Who acts")}
      <div ref={canvas_box} className={styles.canvas} />
      {column("target", "Against whom")}
    </div>
  );
}

function describe(node: MapNode): string {
  return `${count(node.threats)} ${node.threats === 1 ? "threat" : "threats"}, highest risk ${Math.round(node.max_risk)}`;
}
