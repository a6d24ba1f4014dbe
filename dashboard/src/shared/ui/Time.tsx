import { absolute, relative } from "@/shared/format/time";
import { useNow } from "@/shared/format/now";
import styles from "./Time.module.css";

interface Props {
  at: number;
  /** Both forms, or one with the other on hover. */
  form?: "both" | "relative" | "absolute";
}

/** A time as UTC and as an age. */
export function Time({ at, form = "both" }: Props) {
  const now_s = useNow();
  const age = relative(at, now_s);
  const utc = `${absolute(at)} UTC`;
  if (form === "both") {
    return (
      <time dateTime={new Date(at * 1000).toISOString()}>
        {utc} <span className={styles.age}>{age}</span>
      </time>
    );
  }
  return (
    <time dateTime={new Date(at * 1000).toISOString()} title={form === "relative" ? utc : age}>
      {form === "relative" ? age : utc}
    </time>
  );
}
