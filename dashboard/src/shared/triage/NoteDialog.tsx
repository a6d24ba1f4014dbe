import { useState } from "react";
import { Dialog } from "@/shared/ui/Dialog";
import { Field, inputClass } from "@/shared/ui/Field";
import { targetCount, threats, type Target } from "./act";
import { useTriage } from "./use-triage";

export function NoteDialog({ target, onClose }: { target: Target; onClose: () => void }) {
  const triage = useTriage();
  const [note, setNote] = useState("");
  const run = () => triage.mutate({ action: "note", target, details: { note: note.trim() } }, { onSettled: onClose });
  return (
    <Dialog
      title={`Note on ${threats(targetCount(target))}`}
      onClose={onClose}
      submit={{ words: "Add the note", disabled: !note.trim(), busy: triage.isPending, run }}
    >
      <Field label="Note" help="Kept in the history; it cannot be changed afterwards.">
        {(id) => (
          <textarea
            id={id}
            className={inputClass}
            rows={4}
            maxLength={4000}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}
