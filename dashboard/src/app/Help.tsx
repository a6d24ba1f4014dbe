import { useShortcutGroups } from "@/shared/shortcuts/shortcuts";
import { Dialog } from "@/shared/ui/Dialog";
import styles from "./Help.module.css";

/** What can be pressed here. */
export function Help({ onClose }: { onClose: () => void }) {
  const groups = useShortcutGroups();
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} wide>
      <div className={styles.groups}>
        {groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.shortcuts.map(
                ({ keys, does }) =>
                  does && (
                    <div key={keys}>
                      <dt>
                        {keys.split(" ").map((key) => (
                          <kbd key={key}>{key === "" ? "space" : key}</kbd>
                        ))}
                      </dt>
                      <dd>{does}</dd>
                    </div>
                  ),
              )}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
