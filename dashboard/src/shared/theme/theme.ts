import { useSyncExternalStore } from "react";

export type Theme = "dark" | "light";
const KEY = "ironcore.theme";
const listeners = new Set<() => void>();

/** The theme that holds now; `theme.js` set it before the first paint. */
export function currentTheme(): Theme {
  return document.documentElement.dataset.theme === "light" ? "light" : "dark";
}

/** Switch and remember the choice in this browser. */
export function setTheme(theme: Theme): void {
  apply(theme);
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage may be forbidden; the choice then holds until the page is left.
  }
}

/** Follow the system while nothing was chosen. */
export function followSystem(): void {
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", (event) => {
    if (localStorage.getItem(KEY) === null) apply(event.matches ? "light" : "dark");
  });
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, currentTheme);
}

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
