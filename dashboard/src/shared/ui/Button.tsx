import type { ComponentProps, ReactNode } from "react";
import styles from "./Button.module.css";
import { cx } from "./cx";

interface Props extends ComponentProps<"button"> {
  tone?: "plain" | "main" | "quiet" | "danger";
  small?: boolean;
  /** The shortcut, shown beside the words. */
  hint?: string | undefined;
  children: ReactNode;
}

export function Button({ tone = "plain", small, hint, children, className, ...rest }: Props) {
  return (
    <button
      type="button"
      {...rest}
      className={cx(styles.button, styles[tone], small && styles.small, className)}
      {...(hint && { "aria-keyshortcuts": hint })}
    >
      {children}
      {hint && (
        <kbd className={styles.hint} aria-hidden="true">
          {hint}
        </kbd>
      )}
    </button>
  );
}
