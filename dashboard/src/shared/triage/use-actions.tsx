import { useState, type ReactNode } from "react";
import type { Action } from "@/shared/api/types";
import { useMayTriage } from "@/shared/api/session";
import { notify } from "@/shared/ui/notice-store";
import { targetCount, type Target } from "./act";
import { AssignDialog } from "./AssignDialog";
import { CloseDialog } from "./CloseDialog";
import { NoteDialog } from "./NoteDialog";
import { useTriage } from "./use-triage";

interface Actions {
  /** Do it at once, or ask first where something must be said. */
  act: (action: Action, target: Target) => void;
  /** Whether the role allows it. */
  allowed: boolean;
  /** To be rendered: the dialog that is open, if any. */
  dialog: ReactNode;
}

/** The acts of triage for a view: what a key or a button does. */
export function useActions(onClosed?: () => void): Actions {
  const allowed = useMayTriage();
  const { mutate } = useTriage();
  const [asked, setAsked] = useState<{ action: Action; target: Target }>();
  const act = (action: Action, target: Target) => {
    if (!allowed) notify("wrong", "Your role may read, but not change threats.");
    else if (targetCount(target) === 0) notify("told", "Choose a threat first: j and k move, x chooses.");
    else if (action === "acknowledge" || action === "reopen") mutate({ action, target });
    else setAsked({ action, target });
  };
  return { act, allowed, dialog: asked && dialogOf(asked.action, asked.target, () => setAsked(undefined), onClosed) };
}

function dialogOf(action: Action, target: Target, onClose: () => void, onClosed?: () => void): ReactNode {
  if (action === "close")
    return <CloseDialog target={target} onClose={onClose} {...(onClosed && { onDone: onClosed })} />;
  if (action === "assign") return <AssignDialog target={target} onClose={onClose} />;
  return <NoteDialog target={target} onClose={onClose} />;
}
