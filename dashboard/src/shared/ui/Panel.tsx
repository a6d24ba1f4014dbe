import { useId, type ReactNode } from "react";
import { cx } from "./cx";
import styles from "./Panel.module.css";

interface Props {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}

/** A titled part of a view. */
export function Panel({ title, aside, children, className }: Props) {
  const id = useId();
  return (
    <section className={cx(styles.panel, className)} aria-labelledby={id}>
      <header className={styles.header}>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
