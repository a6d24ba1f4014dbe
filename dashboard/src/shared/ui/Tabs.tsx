import { cx } from "./cx";
import styles from "./Tabs.module.css";

interface Props<Id extends string> {
  label: string;
  tabs: readonly { id: Id; words: string }[];
  chosen: Id;
  onChoose: (id: Id) => void;
  className?: string | undefined;
}

/** A choice of one of few, as buttons beside each other. */
export function Tabs<Id extends string>({ label, tabs, chosen, onChoose, className }: Props<Id>) {
  return (
    <div role="group" aria-label={label} className={cx(styles.tabs, className)}>
      {tabs.map((tab) => (
        <button key={tab.id} type="button" aria-pressed={tab.id === chosen} onClick={() => onChoose(tab.id)}>
          {tab.words}
        </button>
      ))}
    </div>
  );
}
