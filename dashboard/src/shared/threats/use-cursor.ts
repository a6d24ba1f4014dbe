import { useState } from "react";

/** The selected row of a list, moved by keys; undefined until the first move. */
export function useCursor(length: number): {
  at: number | undefined;
  move: (step: number) => void;
  set: (at: number | undefined) => void;
} {
  const [held, set] = useState<number>();
  const at = held === undefined || length === 0 ? undefined : Math.min(held, length - 1);
  const move = (step: number) => {
    if (length > 0) set(at === undefined ? 0 : Math.min(length - 1, Math.max(0, at + step)));
  };
  return { at, move, set };
}
