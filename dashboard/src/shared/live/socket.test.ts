import { decode, encode } from "@msgpack/msgpack";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { LiveSocket, type Connection } from "./socket";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  binaryType = "";
  sent: unknown[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: unknown }) => void;
  onclose?: (event: { code: number }) => void;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }
  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }
  receive(frame: unknown): void {
    this.onmessage?.({ data: new Uint8Array(encode(frame)).buffer });
  }
  send(data: Uint8Array): void {
    this.sent.push(decode(data));
  }
  close(): void {
    this.readyState = 3;
  }
}

function latest(): FakeSocket {
  const socket = FakeSocket.all.at(-1);
  if (!socket) throw new Error("nothing was connected");
  return socket;
}

let states: Connection["state"][] = [];
const onFrame = vi.fn();
const onRefused = vi.fn();

function started(): LiveSocket {
  const onConnection = (connection: Connection) => states.push(connection.state);
  const socket = new LiveSocket("ws://host", { onFrame, onConnection, onRefused }, () => 1);
  socket.start();
  return socket;
}

beforeEach(() => {
  states = [];
  FakeSocket.all = [];
  vi.clearAllMocks();
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});

describe("the live socket", () => {
  it("waits longer each time and resumes after the last id", () => {
    started();
    latest().open();
    latest().receive({ type: "threats", items: [], last_id: "4.7" });
    for (const wait_ms of [500, 1000, 2000]) {
      const { length } = FakeSocket.all;
      latest().onclose?.({ code: 1006 });
      vi.advanceTimersByTime(wait_ms - 1);
      expect(FakeSocket.all.length).toBe(length);
      vi.advanceTimersByTime(1);
      expect(FakeSocket.all.length).toBe(length + 1);
      expect(new URL(latest().url).searchParams.get("since")).toBe("4.7");
    }
    expect(states).toContain("waiting");
  });

  it("answers a ping, asks for a filter now and after a reconnection", () => {
    const socket = started();
    latest().open();
    latest().receive({ type: "ping" });
    socket.setFilter({ severity: ["high"] });
    expect(latest().sent).toEqual([{ type: "pong" }, { type: "filter", filter: { severity: ["high"] } }]);
    latest().onclose?.({ code: 1012 });
    vi.advanceTimersByTime(500);
    expect(new URL(latest().url).searchParams.getAll("severity")).toEqual(["high"]);
  });

  it("gives up a connection that is silent", () => {
    started();
    const first = latest();
    first.open();
    vi.advanceTimersByTime(15_000);
    expect(first.readyState).toBe(3);
    vi.advanceTimersByTime(500);
    expect(latest()).not.toBe(first);
  });

  it("tells that it is refused, and stays away after stop", () => {
    const socket = started();
    latest().onclose?.({ code: 4401 });
    expect(onRefused).toHaveBeenCalledOnce();
    socket.stop();
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all.length).toBe(1);
  });

  it("ignores frames of a newer server", () => {
    started();
    latest().open();
    latest().receive({ type: "from the future" });
    latest().receive("text");
    expect(onFrame).not.toHaveBeenCalled();
  });
});
