import { useState } from "react";
import styles from "./Copy.module.css";

interface Props {
  value: string;
  /** What is copied, for the button's name: "source address". */
  what: string;
}

/** A button that puts a value on the clipboard and says so. */
export function Copy({ value, what }: Props) {
  const [told, setTold] = useState("");
  const copy = () => {
    navigator.clipboard.writeText(value).then(
      () => setTold("Copied"),
      () => setTold("Not allowed here"),
    );
    setTimeout(() => setTold(""), 1500);
  };
  return (
    <span className={styles.box}>
      <button type="button" className={styles.copy} onClick={copy} aria-label={`Copy ${what}`} title={`Copy ${what}`}>
        <svg
          viewBox="0 0 16 16"
          width="13"
          height="13"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.4"
          aria-hidden="true"
        >
          {told === "Copied" ? <path d="m3 8.5 3.2 3L13 4.5" /> : <path d="M5.5 5.5h7v8h-7zM3.5 10.5v-8h7" />}
        </svg>
      </button>
      <span role="status" className={styles.told}>
        {told}
      </span>
    </span>
  );
}
