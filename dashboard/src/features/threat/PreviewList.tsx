import type { Preview } from "@/shared/api/types";
import { seconds } from "@/shared/format/numbers";
import { ThreatList } from "@/shared/threats/ThreatList";
import { threats } from "@/shared/triage/act";
import { Failed, Loading } from "@/shared/ui/States";
import { WINDOW_S } from "./match";
import styles from "./SuppressDialog.module.css";

/** What the suppression would have hidden of the past. */
export function PreviewList({ preview, error }: { preview: Preview | undefined; error: Error | null }) {
  if (error) return <Failed error={error} what="the preview" />;
  if (!preview) return <Loading what="the preview" />;
  const more = preview.complete ? "" : "more than ";
  return (
    <section aria-label="Preview" className={styles.preview}>
      <p role="status">
        In the last {seconds(WINDOW_S)} it would have hidden{" "}
        <strong>
          {more}
          {threats(preview.matches)}
        </strong>
        {preview.sample.length < preview.matches && `; the newest ${preview.sample.length} are:`}
      </p>
      {preview.sample.length > 0 && <ThreatList label="Would have been hidden" items={preview.sample} />}
    </section>
  );
}
