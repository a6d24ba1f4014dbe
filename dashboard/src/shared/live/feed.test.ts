import { beforeEach, describe, expect, it, vi } from "vitest";
import type { ThreatItem } from "@/shared/api/types";
import { change, item } from "@/shared/test-items";
import { LiveFeed } from "./feed";
import { ROW_LIMIT } from "./rows";

let frames: FrameRequestCallback[] = [];

function nextFrame(): void {
  const due = frames;
  frames = [];
  for (const run of due) run(0);
}

function shown(feed: LiveFeed): string[] {
  return Array.from({ length: feed.getSnapshot().length }, (_, at) => feed.rowAt(at)?.key ?? "?");
}

function arrive(feed: LiveFeed, ...items: ThreatItem[]): void {
  feed.onFrame({ type: "threats", items, last_id: "1" });
}

function hello(feed: LiveFeed, resumed = false): void {
  feed.onFrame({ type: "hello", last_id: "0", server_time: 0, resumed });
}

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (run: FrameRequestCallback) => frames.push(run));
});

describe("the live feed", () => {
  it("publishes once an animation frame, however much comes", () => {
    const feed = new LiveFeed();
    const listener = vi.fn();
    feed.subscribe(listener);
    hello(feed);
    for (let number = 0; number < 500; number++) arrive(feed, item(number));
    expect(listener).not.toHaveBeenCalled();
    nextFrame();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(feed.getSnapshot().length).toBe(500);
    expect(feed.rowAt(0)?.key).toBe("id-499");
  });

  it("puts what is stored under what came live, each once", () => {
    const feed = new LiveFeed();
    hello(feed);
    arrive(feed, item(3), item(4));
    feed.seed([item(3), item(2), item(1)], true);
    nextFrame();
    expect(shown(feed)).toEqual(["id-4", "id-3", "id-2", "id-1"]);
  });

  it("stays as it is while held, and counts what is new", () => {
    const feed = new LiveFeed();
    hello(feed);
    arrive(feed, item(1));
    feed.hold(true);
    arrive(feed, item(2), item(3));
    nextFrame();
    expect(shown(feed)).toEqual(["id-1"]);
    expect(feed.getSnapshot().waiting).toBe(2);
    feed.hold(false);
    nextFrame();
    expect(shown(feed)).toEqual(["id-3", "id-2", "id-1"]);
    expect(feed.getSnapshot().waiting).toBe(0);
  });

  it("goes on by itself when all that was held had to make room", () => {
    const feed = new LiveFeed();
    hello(feed);
    arrive(feed, item(0));
    feed.hold(true);
    arrive(feed, ...Array.from({ length: ROW_LIMIT + 5000 }, (_, number) => item(number + 1)));
    nextFrame();
    expect(feed.getSnapshot()).toMatchObject({ held: false, length: ROW_LIMIT });
  });

  it("ignores what still belongs to the filter before", () => {
    const feed = new LiveFeed();
    hello(feed);
    arrive(feed, item(1));
    feed.reset();
    arrive(feed, item(2));
    hello(feed);
    arrive(feed, item(3));
    nextFrame();
    expect(shown(feed)).toEqual(["id-3"]);
  });

  it("marks a gap that the server counts, and one after a connection that could not resume", () => {
    const feed = new LiveFeed();
    hello(feed);
    feed.seed([item(1)], true);
    feed.onFrame({ type: "gap", dropped: 7, since_id: "1", until_id: "2" });
    hello(feed, true);
    hello(feed, false);
    nextFrame();
    expect(feed.rowAt(1)).toMatchObject({ kind: "gap", dropped: 7 });
    expect(feed.rowAt(0)).toMatchObject({ kind: "gap", dropped: null });
    expect(feed.getSnapshot().length).toBe(3);
  });

  it("shows what analysts do, with a new object for that row only", () => {
    const feed = new LiveFeed();
    hello(feed);
    arrive(feed, item(1), item(2));
    const before = feed.rowAt(0);
    feed.onFrame({ type: "triage", changes: [change("id-1"), change("id-unknown")] });
    expect(feed.rowAt(0)).toBe(before);
    expect(feed.rowAt(1)).toMatchObject({ item: { status: "closed", verdict: "false_positive" } });
  });
});
