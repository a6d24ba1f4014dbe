import type { ReactNode } from "react";
import type { ListField } from "./filter";
import styles from "./ValueMenu.module.css";
import { fieldWords } from "./words";

interface Props {
  field: ListField;
  value: string;
  children: ReactNode;
}

/** A value that can be filtered by; the `ValueMenu` around it shows what can be done. */
export function ValueButton({ field, value, children }: Props) {
  return (
    <button
      type="button"
      className={styles.value}
      data-field={field}
      data-value={value}
      title={`${fieldWords(field)}: filter`}
    >
      {children}
    </button>
  );
}
