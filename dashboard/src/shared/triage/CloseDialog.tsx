import { useState } from "react";
import { VERDICTS, VERDICT_HELP, type Verdict } from "@/shared/domain/words";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, inputClass } from "@/shared/ui/Field";
import { targetCount, threats, type Target } from "./act";
import styles from "./dialogs.module.css";
import { useTriage } from "./use-triage";

interface Props {
  target: Target;
  onClose: () => void;
  onDone?: () => void;
}

/** Close with a verdict, which is a label for later training, and a reason for whoever reads it next year. */
export function CloseDialog({ target, onClose, onDone }: Props) {
  const triage = useTriage();
  const [verdict, setVerdict] = useState<Verdict>();
  const [reason, setReason] = useState("");
  const run = () => {
    if (!verdict) return;
    const details = { verdict, ...(reason.trim() && { reason: reason.trim() }) };
    triage.mutate({ action: "close", target, details }, { onSuccess: () => onDone?.(), onSettled: onClose });
  };
  return (
    <Dialog
      title={`Close ${threats(targetCount(target))}`}
      onClose={onClose}
      submit={{ words: "Close", disabled: !verdict, busy: triage.isPending, run }}
    >
      <fieldset className={styles.verdicts}>
        <legend>Verdict</legend>
        {(Object.keys(VERDICTS) as Verdict[]).map((name) => (
          <label key={name}>
            <input
              type="radio"
              name="verdict"
              value={name}
              checked={verdict === name}
              onChange={() => setVerdict(name)}
            />
            <span>
              {VERDICTS[name]}
              <small>{VERDICT_HELP[name]}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <Field label="Reason" help="What convinced you; kept in the history for good.">
        {(id) => (
          <textarea
            id={id}
            className={inputClass}
            rows={3}
            maxLength={4000}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}
