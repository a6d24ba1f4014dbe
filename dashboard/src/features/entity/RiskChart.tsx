import { useCallback, useMemo, useRef } from "react";
import type { RiskPoint } from "@/shared/api/types";
import { useDrawing, useSize, type Size } from "@/shared/canvas/use-canvas";
import { absolute } from "@/shared/format/time";
import { readColours } from "@/shared/theme/colours";
import { useTheme } from "@/shared/theme/theme";
import { drawRisk } from "./draw-risk";
import styles from "./RiskChart.module.css";

/** The highest risk of an entity in each part of the time, on the bands of severity. */
export function RiskChart({ points }: { points: readonly RiskPoint[] }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const theme = useTheme();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the stylesheet's colours change with the theme
  const colours = useMemo(() => readColours(), [theme]);
  const draw = useCallback(
    (context: CanvasRenderingContext2D, area: Size) => drawRisk(context, area, points, colours),
    [points, colours],
  );
  useDrawing(canvas, size, draw);
  return (
    <div ref={box} className={styles.box}>
      <div role="img" aria-label={describe(points)}>
        <canvas ref={canvas} />
      </div>
    </div>
  );
}

function describe(points: readonly RiskPoint[]): string {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return "No risk";
  const highest = Math.max(...points.map((point) => point.max_risk));
  return `Risk from ${absolute(first.time)} to ${absolute(last.time)} UTC; the highest is ${Math.round(highest)} of 100`;
}
