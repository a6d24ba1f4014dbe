import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deleteSuppression, getSuppressions } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { messageOf } from "@/shared/api/problem";
import { useMayTriage } from "@/shared/api/session";
import type { Suppression } from "@/shared/api/types";
import { LIST_FIELDS } from "@/shared/filter/filter";
import { fieldWords, valueWords } from "@/shared/filter/words";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { notify } from "@/shared/ui/notice-store";
import { Empty, Failed, Loading } from "@/shared/ui/States";
import { Time } from "@/shared/ui/Time";
import styles from "./SuppressionsPage.module.css";

/** What is hidden now, why, by whom and until when. */
export default function SuppressionsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: keys.suppressions,
    queryFn: ({ signal }) => getSuppressions(signal),
  });
  const [ending, setEnding] = useState<Suppression>();
  const allowed = useMayTriage();
  const body = () => {
    if (error && !data) return <Failed error={error} what="the suppressions" onRetry={() => void refetch()} />;
    if (!data) return <Loading what="the suppressions" />;
    if (data.length === 0) {
      return (
        <Empty title="Nothing is suppressed.">
          <p>Open a threat and press Suppress (s) to hide what is like it for a time.</p>
        </Empty>
      );
    }
    return (
      <ul className={styles.list}>
        {data.map((suppression) => (
          <li key={suppression.suppression_id}>
            <div className={styles.what}>
              <p className={styles.match}>{matchWords(suppression)}</p>
              <p>{suppression.reason}</p>
              <p className={styles.by}>
                By {suppression.created_by} <Time at={suppression.created_time} form="relative" />, ends{" "}
                <Time at={suppression.expires_time} />
              </p>
            </div>
            <Button tone="danger" small disabled={!allowed} onClick={() => setEnding(suppression)}>
              End it
            </Button>
          </li>
        ))}
      </ul>
    );
  };
  return (
    <div className={styles.page}>
      <h1>Suppressions</h1>
      {body()}
      {ending && <EndDialog suppression={ending} onClose={() => setEnding(undefined)} />}
    </div>
  );
}

function EndDialog({ suppression, onClose }: { suppression: Suppression; onClose: () => void }) {
  const queries = useQueryClient();
  const end = useMutation({
    mutationFn: () => deleteSuppression(suppression.suppression_id),
    onSuccess: () => notify("done", "The suppression has ended; what it hid is shown again."),
    onError: (error) => notify("wrong", messageOf(error)),
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: keys.suppressions });
      void queries.invalidateQueries({ queryKey: keys.threats });
      onClose();
    },
  });
  return (
    <Dialog
      title="End this suppression?"
      onClose={onClose}
      submit={{ words: "End it", danger: true, busy: end.isPending, run: () => end.mutate() }}
    >
      <p>
        Threats with <strong>{matchWords(suppression)}</strong> are shown again, those of the past as well.
      </p>
    </Dialog>
  );
}

function matchWords({ match }: Suppression): string {
  return LIST_FIELDS.flatMap((field) => {
    const value = field in match ? match[field as keyof typeof match] : undefined;
    return value === null || value === undefined ? [] : [`${fieldWords(field)} ${valueWords(field, String(value))}`];
  }).join(" and ");
}
