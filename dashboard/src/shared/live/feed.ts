import type { Change, ServerFrame, Stats, ThreatItem } from "@/shared/api/types";
import { Arrivals } from "./arrivals";
import { Talk } from "./links";
import { Rows, type Row } from "./rows";
import type { Connection } from "./socket";

/** What the live views see; a new object with each publish, at most one in an animation frame. */
export interface Snapshot {
  version: number;
  /** Rows shown, newest first by `rowAt`. */
  length: number;
  /** Threats that came since the list was held. */
  waiting: number;
  held: boolean;
  /** Whether what was stored before is in the list. */
  seeded: boolean;
  /** Whether the server follows our filter, so that what is stored can be read without missing what comes. */
  following: boolean;
  connection: Connection;
  stats: Stats | undefined;
  /** When the latest statistics came, by this browser's clock; the server's may differ. */
  stats_at_ms: number;
  /** All threats that arrived live since the page was opened. */
  arrived: number;
}

/** Takes frames as they come and publishes once an animation frame. */
export class LiveFeed {
  readonly rows = new Rows();
  readonly arrivals = new Arrivals();
  readonly talk = new Talk();
  private readonly listeners = new Set<() => void>();
  private frame: number | undefined;
  /** Arrivals before this were not counted. */
  known_since_s = 0;
  private held_end: number | undefined;
  private held_arrived = 0;
  private arrived = 0;
  private seeded = false;
  /** After another filter was asked for, what comes before the server's hello still belongs to the old one. */
  private awaiting = true;
  private connection: Connection = { state: "connecting" };
  private stats: Stats | undefined;
  private stats_at_ms = 0;
  private snapshot: Snapshot = this.take(0);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly getSnapshot = (): Snapshot => this.snapshot;

  /** Row by its place in the shown list: 0 is the newest. */
  readonly rowAt = (index: number): Row | undefined => this.rows.at((this.held_end ?? this.rows.end) - 1 - index);

  onFrame(frame: ServerFrame): void {
    switch (frame.type) {
      case "threats":
        if (!this.awaiting) this.arrive(frame.items);
        return;
      case "triage": {
        this.applyChanges(frame.changes);
        return;
      }
      case "gap":
        this.rows.addGap(frame.dropped);
        {
          this.schedule();
          return;
        }
      case "stats":
        this.stats = frame.stats;
        this.stats_at_ms = Date.now();
        {
          this.schedule();
          return;
        }
      case "hello":
        // Rows are there, and the server could not go on after the last of them: something may be missing.
        if (!this.awaiting && !frame.resumed && this.seeded) this.rows.addGap(null);
        this.awaiting = false;
        {
          this.schedule();
          return;
        }
      case "ping":
        return;
    }
  }

  /** Show what analysts did, here or elsewhere. */
  applyChanges(changes: readonly Change[]): void {
    if (this.rows.apply(changes)) this.schedule();
  }

  onConnection(connection: Connection): void {
    this.connection = connection;
    this.schedule();
  }

  /**
   * Begin anew with what is stored already, newest first; what came over the wire meanwhile stays above it.
   *
   * When there is more than these, arrivals are known since the oldest of them only. (A log of the past that is played
   * has other times; then it is when the page was opened that counts.)
   */
  seed(items: readonly ThreatItem[], whole: boolean): void {
    const live: ThreatItem[] = [];
    for (let number = this.rows.base; number < this.rows.end; number++) {
      const row = this.rows.at(number);
      if (row?.kind === "threat") live.push(row.item);
    }
    this.rows.clear();
    const stored = items.toReversed();
    const known = new Set(stored.map((item) => item.threat_id));
    for (const item of this.rows.add(stored)) this.note(item);
    this.rows.add(live.filter((item) => !known.has(item.threat_id)));
    this.seeded = true;
    this.known_since_s = whole ? 0 : Math.min(...items.map((item) => item.scored_time));
    this.schedule();
  }

  /** Forget the rows: another filter was chosen. */
  reset(): void {
    this.rows.clear();
    this.talk.clear();
    this.seeded = false;
    this.awaiting = true;
    this.held_end = undefined;
    this.schedule();
  }

  /** Hold the list as it is, or go on with all that came meanwhile. */
  hold(held: boolean): void {
    if (held === (this.held_end !== undefined)) return;
    this.held_end = held ? this.rows.end : undefined;
    this.held_arrived = this.arrived;
    this.schedule();
  }

  private arrive(items: readonly ThreatItem[]): void {
    const fresh = this.rows.add(items);
    this.arrived += fresh.length;
    if (this.held_end !== undefined && this.held_end <= this.rows.base) this.held_end = undefined; // all of it is gone
    for (const item of fresh) this.note(item);
    if (fresh.length > 0) this.schedule();
  }

  private note(item: ThreatItem): void {
    this.arrivals.add(item.scored_time, item.severity);
    this.talk.add(item);
  }

  private schedule(): void {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.snapshot = this.take(this.snapshot.version + 1);
      for (const listener of this.listeners) listener();
    });
  }

  private take(version: number): Snapshot {
    return {
      version,
      length: Math.max(0, (this.held_end ?? this.rows.end) - this.rows.base),
      waiting: this.held_end === undefined ? 0 : this.arrived - this.held_arrived,
      held: this.held_end !== undefined,
      seeded: this.seeded,
      following: !this.awaiting,
      connection: this.connection,
      stats: this.stats,
      stats_at_ms: this.stats_at_ms,
      arrived: this.arrived,
    };
  }
}
