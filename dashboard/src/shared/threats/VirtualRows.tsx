import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type ReactNode } from "react";
import { useSize } from "@/shared/canvas/use-canvas";
import { cx } from "@/shared/ui/cx";
import styles from "./VirtualRows.module.css";

/** Heights that `ThreatRow` has; below the width it takes two lines. */
const ROW_PX = 30;
const TALL_ROW_PX = 60;
const TWO_LINES_BELOW_PX = 760;
const OVERSCAN_ROWS = 12;

interface Props {
  label: string;
  length: number;
  keyOf: (index: number) => string;
  renderRow: (index: number) => ReactNode;
  head?: ReactNode;
  /** Scrolled into view when it changes. */
  selected?: number | undefined;
  /** Told whether the newest rows are in view. */
  onAtTop?: (at_top: boolean) => void;
  /** Told when the last rows come near. */
  onNearEnd?: () => void;
  className?: string | undefined;
}

/** A list of any length of which only the rows in view exist. */
export function VirtualRows({ label, length, keyOf, renderRow, head, selected, onAtTop, onNearEnd, className }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const { width } = useSize(scroller);
  const height_px = width > 0 && width <= TWO_LINES_BELOW_PX ? TALL_ROW_PX : ROW_PX;
  // eslint-disable-next-line react-hooks/incompatible-library -- what it returns is used here only, never passed on
  const virtual = useVirtualizer({
    count: length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height_px,
    getItemKey: keyOf,
    overscan: OVERSCAN_ROWS,
  });
  useEffect(() => virtual.measure(), [virtual, height_px]);
  useEffect(() => {
    if (selected !== undefined && selected >= 0) virtual.scrollToIndex(selected);
  }, [virtual, selected]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (length > 0 && last >= length - OVERSCAN_ROWS) onNearEnd?.();
  }, [last, length, onNearEnd]);
  return (
    <div role="table" aria-label={label} aria-rowcount={length} className={cx(styles.table, className)}>
      {head && (
        <div role="rowgroup" className={styles.head}>
          {head}
        </div>
      )}
      <div
        ref={scroller}
        role="rowgroup"
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- keyboards must be able to scroll it
        tabIndex={0}
        aria-label={label}
        className={styles.scroller}
        onScroll={(event) => onAtTop?.(event.currentTarget.scrollTop < ROW_PX)}
      >
        <div className={styles.all} style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => (
            <div
              key={item.key}
              role="presentation"
              className={styles.place}
              data-index={item.index}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {renderRow(item.index)}
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
