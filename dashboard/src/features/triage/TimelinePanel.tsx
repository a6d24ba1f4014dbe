import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { getTimeline } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { BarsCanvas } from "@/shared/charts/BarsCanvas";
import type { ThreatFilter } from "@/shared/filter/filter";
import { count, seconds } from "@/shared/format/numbers";
import { absolute } from "@/shared/format/time";
import { Empty, Failed, Loading } from "@/shared/ui/States";
import { Panel } from "@/shared/ui/Panel";
import { spread } from "./spread";

const BUCKETS = 120;

interface Props {
  filter: ThreatFilter;
  onChange: (filter: ThreatFilter) => void;
}

/** What the filter finds, over the time of the events. Dragging over it narrows the time. */
export function TimelinePanel({ filter, onChange }: Props) {
  const { data, error, refetch } = useQuery({
    queryKey: keys.timeline(filter),
    queryFn: ({ signal }) => getTimeline(filter, BUCKETS, signal),
    placeholderData: (before) => before,
  });
  const shown = useMemo(() => data && spread(data, BUCKETS), [data]);
  const body = () => {
    if (error && !data) return <Failed error={error} what="the time line" onRetry={() => void refetch()} />;
    if (!data || !shown) return <Loading what="the time line" />;
    if (shown.total === 0) return <Empty title="Nothing in this time." />;
    const edge = (bar: number) => shown.first_s + bar * data.bucket_s;
    return (
      <BarsCanvas
        bars={shown.bars}
        ticks={shown.ticks}
        nameOf={(bar) => `${absolute(edge(bar))} UTC`}
        label={`${count(shown.total)} threats over time by severity, from ${absolute(edge(0))} UTC`}
        onRange={(first, last) => onChange({ ...filter, from: edge(first), to: edge(last + 1) })}
      />
    );
  };
  return (
    <Panel
      title="When it happened"
      aside={data && shown && shown.total > 0 ? `${seconds(data.bucket_s)} a bar; drag to narrow` : null}
    >
      {body()}
    </Panel>
  );
}
