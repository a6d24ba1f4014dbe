import { useCallback, useMemo, useRef, useState, type PointerEvent } from "react";
import { useDrawing, useSize, type Size } from "@/shared/canvas/use-canvas";
import { SEVERITIES } from "@/shared/domain/severity";
import { count } from "@/shared/format/numbers";
import { readColours } from "@/shared/theme/colours";
import { useTheme } from "@/shared/theme/theme";
import { barAt, drawBars, total, type Tick } from "./bars";
import styles from "./BarsCanvas.module.css";

interface Props {
  bars: readonly (readonly number[])[];
  ticks: readonly Tick[];
  /** What a bar stands for, in words: its time. */
  nameOf: (bar: number) => string;
  /** What the whole picture says, for those who do not see it. */
  label: string;
  /** Up to which bar (and which part of it) nothing is known. */
  unknown_before?: number;
  /** Called with the first and the last bar of what was dragged over or clicked. */
  onRange?: (first: number, last: number) => void;
}

/** Counts over time by severity. Dragging chooses a range. */
export function BarsCanvas({ bars, ticks, nameOf, label, unknown_before = 0, onRange }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(box);
  const theme = useTheme();
  const [hover, setHover] = useState<number>();
  const [start, setStart] = useState<number>();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the stylesheet's colours change with the theme
  const colours = useMemo(() => readColours(), [theme]);
  const draw = useCallback(
    (context: CanvasRenderingContext2D, area: Size) => {
      const marked = hover === undefined ? undefined : ordered(start ?? hover, hover);
      drawBars(context, area, { bars, ticks, marked, unknown_before, colours });
    },
    [bars, ticks, hover, start, unknown_before, colours],
  );
  useDrawing(canvas, size, draw);

  const at = (event: PointerEvent) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return barAt(event.clientX - left, width, bars.length);
  };
  const onUp = (event: PointerEvent) => {
    if (start === undefined) return;
    onRange?.(...ordered(start, at(event)));
    setStart(undefined);
  };
  return (
    <div
      ref={box}
      className={styles.box}
      data-picks={onRange ? "range" : undefined}
      onPointerMove={(event) => setHover(at(event))}
      onPointerLeave={() => {
        setHover(undefined);
        setStart(undefined);
      }}
      onPointerDown={onRange && ((event) => setStart(at(event)))}
      onPointerUp={onUp}
    >
      <div role="img" aria-label={label}>
        <canvas ref={canvas} className={styles.canvas} />
      </div>
      {hover !== undefined && bars[hover] && (
        <p className={styles.tip} aria-hidden="true">
          {nameOf(hover)} · {describe(bars[hover])}
        </p>
      )}
    </div>
  );
}

function ordered(one: number, other: number): [number, number] {
  return one <= other ? [one, other] : [other, one];
}

function describe(counts: readonly number[]): string {
  if (total(counts) === 0) return "none";
  return counts
    .flatMap((number, rank) => (number > 0 ? [`${count(number)} ${SEVERITIES[rank] ?? ""}`] : []))
    .join(", ");
}
