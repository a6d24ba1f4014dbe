import { useEffect, useId, useRef, type ReactNode, type SubmitEvent } from "react";
import { Button } from "./Button";
import styles from "./Dialog.module.css";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
  /** Makes it a form with these words on its button. */
  submit?: { words: string; disabled?: boolean; busy?: boolean; danger?: boolean; run: () => void };
}

/** A modal dialog of the browser: it keeps the focus, closes on Escape and gives the focus back. */
export function Dialog({ title, onClose, children, wide = false, submit }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const title_id = useId();
  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    element?.querySelector<HTMLElement>("[data-body] :is(input, select, textarea)")?.focus();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!submit?.disabled && !submit?.busy) submit?.run();
  };
  return (
    <dialog
      ref={dialog}
      className={wide ? styles.wide : styles.dialog}
      aria-labelledby={title_id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <form onSubmit={onSubmit} className={styles.form}>
        <header className={styles.header}>
          <h2 id={title_id}>{title}</h2>
          <Button tone="quiet" small onClick={onClose} aria-label="Close this dialog">
            ✕
          </Button>
        </header>
        <div className={styles.body} data-body>
          {children}
        </div>
        {submit && (
          <footer className={styles.footer}>
            <Button onClick={onClose}>Cancel</Button>
            <Button
              type="submit"
              tone={submit.danger ? "danger" : "main"}
              disabled={submit.disabled ?? submit.busy ?? false}
            >
              {submit.busy ? "Working…" : submit.words}
            </Button>
          </footer>
        )}
      </form>
    </dialog>
  );
}
