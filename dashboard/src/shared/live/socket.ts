import type { ServerFrame } from "@/shared/api/types";
import { filterSearch, type ThreatFilter } from "@/shared/filter/filter";
import { backoffMs } from "./backoff";
import { readFrame, writeFrame } from "./frames";

export type Connection =
  { state: "connecting" } | { state: "open" } | { state: "waiting"; retry_at_ms: number } | { state: "stopped" };

export interface SocketEvents {
  onFrame: (frame: ServerFrame) => void;
  onConnection: (connection: Connection) => void;
  /** The server refused us as not signed in. */
  onRefused: () => void;
}

/** The server sends statistics every second; after so long without any frame the connection is dead. */
const SILENCE_LIMIT_MS = 15_000;
/** A connection that held for so long was a good one: the next attempt is a first one again. */
const GOOD_AFTER_MS = 5_000;
/** The API closes so when a session is not, or no longer, valid. */
const REFUSALS: ReadonlySet<number> = new Set([4401, 4403]);

/** One live connection: it reconnects with back-off, resumes after the last id seen and watches for silence. */
export class LiveSocket {
  private socket: WebSocket | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private silence: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private opened_ms = 0;
  private last_id: string | null = null;
  private filter: ThreatFilter = {};
  private running = false;

  constructor(
    private readonly origin: string,
    private readonly events: SocketEvents,
    private readonly random: () => number = Math.random,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.connect();
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
    clearTimeout(this.silence);
    this.socket?.close(1000);
    this.socket = undefined;
    this.events.onConnection({ state: "stopped" });
  }

  /** Ask for what a filter finds from now on, also after a reconnection. */
  setFilter(filter: ThreatFilter): void {
    this.filter = filter;
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(writeFrame({ type: "filter", filter }));
  }

  /** Try at once instead of waiting: the network is back, or somebody pressed the button. */
  retryNow(): void {
    if (!this.running || this.socket) return;
    clearTimeout(this.timer);
    this.connect();
  }

  private connect(): void {
    this.events.onConnection({ state: "connecting" });
    const query = new URLSearchParams(filterSearch(this.filter));
    query.set("format", "msgpack");
    if (this.last_id !== null) query.set("since", this.last_id);
    const socket = new WebSocket(`${this.origin}/ws/threats?${query.toString()}`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.onOpen();
    socket.onmessage = (event: MessageEvent<unknown>) => this.onMessage(event.data);
    socket.onclose = (event) => this.onClose(socket, event.code);
    this.socket = socket;
    this.watchSilence();
  }

  private onOpen(): void {
    this.opened_ms = performance.now();
    this.events.onConnection({ state: "open" });
  }

  private onMessage(data: unknown): void {
    this.watchSilence();
    if (!(data instanceof ArrayBuffer)) return;
    const frame = readFrame(data);
    if (!frame) return;
    if (frame.type === "ping") this.socket?.send(writeFrame({ type: "pong" }));
    if (frame.type === "hello" || frame.type === "threats") this.last_id = frame.last_id;
    this.events.onFrame(frame);
  }

  private onClose(socket: WebSocket, code: number): void {
    if (socket !== this.socket) return; // an earlier one that we gave up
    this.socket = undefined;
    clearTimeout(this.silence);
    if (!this.running) return;
    if (REFUSALS.has(code)) this.events.onRefused();
    if (this.opened_ms > 0 && performance.now() - this.opened_ms > GOOD_AFTER_MS) this.attempt = 0;
    this.opened_ms = 0;
    const wait_ms = backoffMs(this.attempt++, this.random);
    this.events.onConnection({ state: "waiting", retry_at_ms: Date.now() + wait_ms });
    this.timer = setTimeout(() => this.connect(), wait_ms);
  }

  private watchSilence(): void {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      const dead = this.socket;
      if (!dead) return;
      dead.close();
      this.onClose(dead, 1006); // do not wait for a close handshake that will not come
    }, SILENCE_LIMIT_MS);
  }
}
