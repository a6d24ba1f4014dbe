import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { postSuppression, previewSuppression } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { messageOf } from "@/shared/api/problem";
import type { Threat } from "@/shared/api/types";
import { fieldWords, valueWords } from "@/shared/filter/words";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, inputClass } from "@/shared/ui/Field";
import { notify } from "@/shared/ui/notice-store";
import { matchOf, offered, WINDOW_S, type MatchField } from "./match";
import { PreviewList } from "./PreviewList";
import styles from "./SuppressDialog.module.css";

const EXPIRIES: readonly (readonly [string, number])[] = [
  ["1 hour", 3600],
  ["1 day", 86_400],
  ["7 days", 7 * 86_400],
  ["30 days", 30 * 86_400],
  ["90 days", 90 * 86_400],
];
const DEFAULT_S = 7 * 86_400;

/** Hide what is like this threat, for a time, after seeing what that would have hidden. */
export function SuppressDialog({ threat, onClose }: { threat: Threat; onClose: () => void }) {
  const queries = useQueryClient();
  const [fields, setFields] = useState<readonly MatchField[]>(["entity", "threat_class"]);
  const [reason, setReason] = useState("");
  const [expires_s, setExpires] = useState(DEFAULT_S);
  const match = matchOf(threat, fields);
  const preview = useQuery({
    queryKey: ["preview", match],
    queryFn: ({ signal }) => previewSuppression(match, WINDOW_S, signal),
    enabled: fields.length > 0,
  });
  const suppress = useMutation({
    mutationFn: () => postSuppression(match, reason.trim(), Math.floor(Date.now() / 1000) + expires_s),
    onSuccess: () => {
      notify("done", "Suppressed. It is in the list of suppressions, where it can be ended.");
      void queries.invalidateQueries({ queryKey: keys.threats });
      void queries.invalidateQueries({ queryKey: keys.suppressions });
      onClose();
    },
    onError: (error) => notify("wrong", messageOf(error)),
  });
  const disabled = fields.length === 0 || reason.trim() === "" || !preview.data;
  return (
    <Dialog
      title="Suppress threats like this"
      onClose={onClose}
      wide
      submit={{ words: "Suppress", disabled, busy: suppress.isPending, run: () => suppress.mutate() }}
    >
      <fieldset className={styles.fields}>
        <legend>Hide what has all of</legend>
        {offered(threat).map(([field, value]) => (
          <label key={field}>
            <input
              type="checkbox"
              checked={fields.includes(field)}
              onChange={(event) =>
                setFields(event.target.checked ? [...fields, field] : fields.filter((other) => other !== field))
              }
            />
            {fieldWords(field)} <span className="mono">{valueWords(field, value)}</span>
          </label>
        ))}
      </fieldset>
      <div className={styles.line}>
        <Field label="Reason">
          {(id) => (
            <input
              id={id}
              className={inputClass}
              required
              maxLength={1000}
              placeholder="Why it is safe to hide this"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          )}
        </Field>
        <Field label="For">
          {(id) => (
            <select
              id={id}
              className={inputClass}
              value={expires_s}
              onChange={(event) => setExpires(Number(event.target.value))}
            >
              {EXPIRIES.map(([words, span_s]) => (
                <option key={span_s} value={span_s}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {fields.length > 0 && <PreviewList preview={preview.data} error={preview.error} />}
    </Dialog>
  );
}
