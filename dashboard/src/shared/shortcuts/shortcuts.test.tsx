import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { listenForShortcuts, useShortcuts } from "./shortcuts";

function View({ run }: { run: (keys: string) => void }) {
  useShortcuts("View", [
    { keys: "a", does: "Act", run: () => run("a") },
    { keys: "g t", does: "Go", run: () => run("g t") },
  ]);
  return <input aria-label="field" />;
}

it("runs keys and pairs of keys, not while somebody types or a dialog is open, and not after the view went", async () => {
  const run = vi.fn();
  const stop = listenForShortcuts();
  const { unmount } = render(<View run={run} />);
  await userEvent.keyboard("a");
  await userEvent.keyboard("gt");
  expect(run.mock.calls).toEqual([["a"], ["g t"]]);
  await userEvent.type(screen.getByLabelText("field"), "a");
  const dialog = document.body.appendChild(document.createElement("dialog"));
  dialog.open = true;
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard("a");
  dialog.remove();
  unmount();
  await userEvent.keyboard("a");
  expect(run).toHaveBeenCalledTimes(2);
  stop();
});
