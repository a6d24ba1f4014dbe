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
    const target = canvas.current;
    const context = target?.getContext("2d");
    if (!target || !context || size.width === 0) return;
    const scale = window.devicePixelRatio || 1;
    const width = Math.round(size.width * scale);
    const height = Math.round(size.height * scale);
    if (target.width !== width || target.height !== height) {
      target.width = width;
      target.height = height;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    draw(context, size);
  }, [canvas, size, draw]);
}
