import type { Severity } from "@/shared/domain/severity";
import { SEVERITY_SHORT } from "@/shared/domain/severity";
import { cx } from "./cx";
import styles from "./SeverityMark.module.css";

/** One shape for each severity, so that it is never told by colour alone. */
const SHAPES: Record<Severity, React.ReactNode> = {
  critical: <path d="M4 0h4l4 4v4l-4 4H4L0 8V4z" />,
  high: <path d="M6 0.5 12 11.5H0z" />,
  medium: <path d="M6 0l6 6-6 6-6-6z" />,
  low: <path d="M1 1h10v10H1z" />,
  informational: <circle cx="6" cy="6" r="4.6" fill="none" stroke="currentColor" strokeWidth="1.8" />,
};

interface Props {
  severity: Severity;
  /** The word beside the shape: whole, short, or only for those who cannot see the shape. */
  word?: "long" | "short" | "hidden";
}

export function SeverityMark({ severity, word = "long" }: Props) {
  const text = word === "short" ? SEVERITY_SHORT[severity] : severity;
  return (
    <span className={cx(styles.mark, styles[severity])}>
      <svg viewBox="0 0 12 12" width="11" height="11" fill="currentColor" aria-hidden="true">
        {SHAPES[severity]}
      </svg>
      <span className={word === "hidden" ? "visually-hidden" : styles.word}>{text}</span>
    </span>
  );
}
