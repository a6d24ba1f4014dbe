import type { Contribution } from "@/shared/api/types";
import { featureWords, positions } from "@/shared/domain/features";
import { featureValue } from "@/shared/format/numbers";

/** A contribution, ready to be drawn. */
export interface Reason {
  name: string;
  label: string;
  seen: string;
  usual: string;
  /** Places on an axis from 0 to 1; null when not reported. */
  seen_at: number | null;
  usual_at: number | null;
  contribution: number;
  /** -1 to 1: the contribution over the largest one. */
  share: number;
}

export function reasonsOf(contributions: readonly Contribution[]): Reason[] {
  const largest = Math.max(1e-9, ...contributions.map((one) => Math.abs(one.contribution)));
  return contributions.map(({ name, observed, expected, contribution }) => {
    const { label, kind } = featureWords(name);
    const [seen_at = null, usual_at = null] = positions(kind, [observed, expected]);
    return {
      name,
      label,
      seen: featureValue(kind, observed),
      usual: featureValue(kind, expected),
      seen_at,
      usual_at,
      contribution,
      share: contribution / largest,
    };
  });
}

/** The strongest reason for the risk, as a sentence. */
export function leadOf(reasons: readonly Reason[]): string {
  const raising = reasons.filter((reason) => reason.contribution > 0);
  const [first] = raising.toSorted((one, other) => other.contribution - one.contribution);
  if (!first) return "Nothing here raises the risk above that of usual traffic.";
  return `Mostly because of “${first.label}”: ${first.seen}, where ${first.usual} is usual.`;
}
