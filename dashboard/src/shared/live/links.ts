import type { ThreatItem } from "@/shared/api/types";

export interface TalkLink {
  source: string;
  target: string;
  count: number;
  max_risk: number;
  last_time: number;
}

/** Links at most; the one that was quiet longest makes room. */
const LINK_LIMIT = 2000;

/** Who acted against whom, over the threats seen. */
export class Talk {
  private readonly links = new Map<string, TalkLink>();

  add(item: ThreatItem): void {
    const target = item.dst_ip ?? "unknown";
    const key = `${item.entity}\n${target}`;
    const link = this.links.get(key) ?? { source: item.entity, target, count: 0, max_risk: 0, last_time: 0 };
    this.links.delete(key); // a Map keeps the order of insertion: the busy ones move to its end
    this.links.set(key, {
      ...link,
      count: link.count + 1,
      max_risk: Math.max(link.max_risk, item.risk),
      last_time: Math.max(link.last_time, item.scored_time),
    });
    if (this.links.size <= LINK_LIMIT) return;
    const oldest = this.links.keys().next();
    if (!oldest.done) this.links.delete(oldest.value);
  }

  list(): TalkLink[] {
    return [...this.links.values()];
  }

  clear(): void {
    this.links.clear();
  }
}
