import { useEffect, useMemo, useRef, type RefObject } from "react";
import type { Size } from "@/shared/canvas/use-canvas";
import { readColours } from "@/shared/theme/colours";
import { useTheme } from "@/shared/theme/theme";
import type { MapMessage } from "./map.worker";
import type { MapScene } from "./scene";

/** Put a canvas into `box` that a worker draws, and send it each scene. */
export function useMapCanvas(box: RefObject<HTMLElement | null>, scene: MapScene, size: Size): void {
  const worker = useRef<Worker>(undefined);
  const theme = useTheme();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the stylesheet's colours change with the theme
  const colours = useMemo(() => readColours(), [theme]);

  useEffect(() => {
    const target = box.current;
    if (!target || typeof OffscreenCanvas === "undefined") return;
    // A canvas can be handed over once only, so each worker gets one of its own.
    const canvas = document.createElement("canvas");
    canvas.setAttribute("aria-hidden", "true");
    target.prepend(canvas);
    const started = new Worker(new URL("./map.worker.ts", import.meta.url), { type: "module", name: "map" });
    const offscreen = canvas.transferControlToOffscreen();
    started.postMessage({ type: "canvas", canvas: offscreen } satisfies MapMessage, [offscreen]);
    worker.current = started;
    return () => {
      worker.current = undefined;
      started.terminate();
      canvas.remove();
    };
  }, [box]);

  useEffect(() => {
    if (size.width === 0 || size.height === 0) return;
    const scale = window.devicePixelRatio || 1;
    worker.current?.postMessage({ type: "scene", scene, ...size, scale, colours } satisfies MapMessage);
  }, [scene, size, colours]);
}
