import type { ReactNode } from "react";
import { messageOf } from "@/shared/api/problem";
import { Button } from "./Button";
import styles from "./States.module.css";

export function Loading({ what }: { what: string }) {
  return (
    <p className={styles.state} role="status">
      <span className={styles.dots} aria-hidden="true" />
      Loading {what}
    </p>
  );
}

interface FailedProps {
  error: unknown;
  what: string;
  onRetry?: () => void;
}

export function Failed({ error, what, onRetry }: FailedProps) {
  return (
    <div className={styles.state} role="alert">
      <p>
        <strong>Could not load {what}.</strong> {messageOf(error)}
      </p>
      {onRetry && (
        <Button small onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.state}>
      <p>
        <strong>{title}</strong>
      </p>
      {children}
    </div>
  );
}
