import { useEffect, useLayoutEffect, useState, type RefObject } from "react";

export interface Size {
  width: number;
  height: number;
}

/** The size of an element in CSS pixels, whole, as it changes. */
export function useSize(element: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const target = element.current;
    if (!target || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const width = Math.floor(entry.contentRect.width);
      const height = Math.floor(entry.contentRect.height);
      setSize((held) => (held.width === width && held.height === height ? held : { width, height }));
    });
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/** Draw on a canvas whenever `draw` changes, sharp on every screen. `draw` works in CSS pixels on a cleared canvas. */
export function useDrawing(
  canvas: RefObject<HTMLCanvasElement | null>,
  size: Size,
  draw: (context: CanvasRenderingContext2D, size: Size) => void,
): void {
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || size.width === 0) return;
    fit(context, size);
    context.clearRect(0, 0, size.width, size.height);
    draw(context, size);
  }, [canvas, size, draw]);
}

/** Give a canvas as many pixels as the screen has; setting them clears it, so only when they differ. */
function fit(context: CanvasRenderingContext2D, size: Size): void {
  const scale = window.devicePixelRatio || 1;
  const { canvas } = context;
  const width = Math.round(size.width * scale);
  const height = Math.round(size.height * scale);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  context.setTransform(scale, 0, 0, scale, 0, 0);
}
