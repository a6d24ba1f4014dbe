import { useEffect, useRef, useSyncExternalStore } from "react";

export interface Shortcut {
  /** A key, or two after each other with a space between: `g t`. */
  keys: string;
  /** What it does, for the help; leave it out to keep a second key for the same thing off the list. */
  does?: string;
  run: () => void;
}

export interface ShortcutGroup {
  title: string;
  shortcuts: readonly Shortcut[];
}

const SEQUENCE_LIMIT_MS = 1200;
let groups: readonly ShortcutGroup[] = [];
const listeners = new Set<() => void>();

function publish(next: readonly ShortcutGroup[]): void {
  groups = next;
  for (const listener of listeners) listener();
}

/** Keep a view's shortcuts alive while it is shown. They read the latest closures, so they need no memo. */
export function useShortcuts(title: string, shortcuts: readonly Shortcut[]): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  const shape = shortcuts.map((shortcut) => `${shortcut.keys}\n${shortcut.does ?? ""}`).join("\n");
  useEffect(() => {
    const held = latest.current.map((shortcut) => ({
      ...shortcut,
      run: () => latest.current.find((now) => now.keys === shortcut.keys)?.run(),
    }));
    const group = { title, shortcuts: held };
    publish([...groups, group]);
    return () => publish(groups.filter((other) => other !== group));
  }, [title, shape]);
}

/** What can be pressed now, for the help. */
export function useShortcutGroups(): readonly ShortcutGroup[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => groups,
  );
}

/** Find what a key means after the one before it, the latest view first. */
export function findShortcut(
  all: readonly ShortcutGroup[],
  before: string | undefined,
  key: string,
): Shortcut | undefined {
  const every = all.toReversed().flatMap((group) => group.shortcuts);
  const pair = before === undefined ? undefined : every.find((shortcut) => shortcut.keys === `${before} ${key}`);
  return pair ?? every.find((shortcut) => shortcut.keys === key);
}

/** Listen for the whole page; returns how to stop. Typing in a field, an open dialog and modifiers are left alone. */
export function listenForShortcuts(): () => void {
  let before: { key: string; at_ms: number } | undefined;
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    const recent = before && event.timeStamp - before.at_ms < SEQUENCE_LIMIT_MS ? before.key : undefined;
    before = { key: event.key, at_ms: event.timeStamp };
    const found = findShortcut(groups, recent, event.key);
    if (!found) return;
    event.preventDefault();
    before = undefined;
    found.run();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function isTaken(event: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]")) return true;
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (event.key === "Enter" || event.key === " ") return target.closest("a, button, summary, input, select") !== null;
  return target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}
