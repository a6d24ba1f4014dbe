import { useMemo } from "react";
import { BarsCanvas } from "@/shared/charts/BarsCanvas";
import { total } from "@/shared/charts/bars";
import { useNow } from "@/shared/format/now";
import { count } from "@/shared/format/numbers";
import { clock, minute } from "@/shared/format/time";
import { useLive, useLiveState } from "@/shared/live/context";
import { Panel } from "@/shared/ui/Panel";

const BAR_S = 5;
const BARS = 120;
const TICK_EVERY_S = 120;

/** Threats scored in the last ten minutes. */
export function ArrivalsPanel() {
  const { feed } = useLive();
  const now_s = useNow();
  const version = useLiveState((snapshot) => snapshot.version);
  const newest_s = Math.floor(now_s / BAR_S) * BAR_S;
  const first_s = newest_s - (BARS - 1) * BAR_S;
  // The feed changes up to 60 times a second; twice a second is enough for a bar.
  const drawn = Math.floor(version / 30);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the ring changes in place; these two tell when it is read
  const bars = useMemo(() => feed.arrivals.bars(now_s, BAR_S, BARS), [feed, now_s, drawn]);
  const ticks = useMemo(() => ticksOf(first_s), [first_s]);
  const sum = bars.reduce((all, bar) => all + total(bar), 0);
  const since = feed.known_since_s > first_s ? feed.known_since_s : 0;
  return (
    <Panel title="Last ten minutes" aside={`${count(sum)} threats${since ? ` since ${clock(since)}` : ""}`}>
      <BarsCanvas
        bars={bars}
        ticks={ticks}
        unknown_before={since ? (since - first_s) / BAR_S : 0}
        nameOf={(bar) => `${clock(first_s + bar * BAR_S)} UTC`}
        label={`${count(sum)} threats were scored in the last ten minutes, by severity over time`}
      />
    </Panel>
  );
}

function ticksOf(first_s: number): { bar: number; text: string }[] {
  const start = Math.ceil(first_s / TICK_EVERY_S) * TICK_EVERY_S;
  const times = Array.from({ length: (BARS * BAR_S) / TICK_EVERY_S }, (_, at) => start + at * TICK_EVERY_S);
  return times.map((time_s) => ({ bar: (time_s - first_s) / BAR_S, text: minute(time_s) }));
}
