import { useId, type ReactNode } from "react";
import styles from "./Field.module.css";

interface Props {
  label: string;
  help?: string;
  /** Takes the id that ties it to its label. */
  children: (id: string) => ReactNode;
}

/** A labelled control. */
export function Field({ label, help, children }: Props) {
  const id = useId();
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children(id)}
      {help && <p className={styles.help}>{help}</p>}
    </div>
  );
}

export const inputClass = styles.input ?? "";
