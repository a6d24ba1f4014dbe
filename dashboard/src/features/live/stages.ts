import type { Latency } from "@/shared/api/types";

/** In the order in which an event passes them; others follow in the order of the answer. */
const ORDER = ["decode", "features", "score", "rows", "store", "publish", "cache"];

export interface StageRow {
  stage: string;
  p50_ms: number | null;
  p95_ms: number | null;
  /** Lengths of the bars, 0 to 1, on one scale for all stages. */
  p50_share: number;
  p95_share: number;
}

export function stageRows(stages_ms: Record<string, Latency>): StageRow[] {
  const names = Object.keys(stages_ms);
  const ordered = [...ORDER.filter((name) => names.includes(name)), ...names.filter((name) => !ORDER.includes(name))];
  const longest = Math.max(1e-9, ...Object.values(stages_ms).map((stage) => stage.p95 ?? 0));
  return ordered.map((stage) => {
    const { p50 = null, p95 = null } = stages_ms[stage] ?? {};
    return { stage, p50_ms: p50, p95_ms: p95, p50_share: (p50 ?? 0) / longest, p95_share: (p95 ?? 0) / longest };
  });
}
