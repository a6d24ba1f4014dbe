import { useState } from "react";
import { useMe } from "@/shared/api/session";
import { Button } from "@/shared/ui/Button";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, inputClass } from "@/shared/ui/Field";
import { targetCount, threats, type Target } from "./act";
import styles from "./dialogs.module.css";
import { useTriage } from "./use-triage";

/** What the API takes for a user's name. */
const NAME = /^[\w.@-]{1,64}$/;

export function AssignDialog({ target, onClose }: { target: Target; onClose: () => void }) {
  const triage = useTriage();
  const { me } = useMe();
  const [name, setName] = useState(me?.name ?? "");
  const assign = (assignee: string | null) =>
    triage.mutate({ action: "assign", target, details: { assignee } }, { onSettled: onClose });
  return (
    <Dialog
      title={`Assign ${threats(targetCount(target))}`}
      onClose={onClose}
      submit={{ words: "Assign", disabled: !NAME.test(name), busy: triage.isPending, run: () => assign(name) }}
    >
      <Field label="Analyst" help="A user's name: letters, digits, dots, hyphens, @.">
        {(id) => (
          <input
            id={id}
            className={inputClass}
            autoComplete="off"
            spellCheck={false}
            value={name}
            onChange={(event) => setName(event.target.value.trim())}
          />
        )}
      </Field>
      <div className={styles.more}>
        {me && <Button onClick={() => setName(me.name)}>Take it myself</Button>}
        <Button disabled={triage.isPending} onClick={() => assign(null)}>
          Take it from everybody
        </Button>
      </div>
    </Dialog>
  );
}
