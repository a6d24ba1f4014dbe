import { useQueryClient } from "@tanstack/react-query";
import { signOut } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { messageOf } from "@/shared/api/problem";
import type { Me } from "@/shared/api/types";
import { setTheme, useTheme } from "@/shared/theme/theme";
import { Button } from "@/shared/ui/Button";
import { notify } from "@/shared/ui/notice-store";
import styles from "./Account.module.css";

/** Theme, help, who is signed in, and the way out. */
export function Account({ me, onHelp }: { me: Me; onHelp: () => void }) {
  const queries = useQueryClient();
  const theme = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  const leave = () => {
    signOut().then(
      () => {
        queries.clear();
        location.assign("/login");
      },
      (error: unknown) => {
        notify("wrong", messageOf(error));
        void queries.invalidateQueries({ queryKey: keys.me });
      },
    );
  };
  return (
    <div className={styles.account}>
      <Button tone="quiet" small onClick={() => setTheme(other)} aria-label={`Switch to the ${other} theme`}>
        <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
          <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" strokeWidth="1.5" />
          <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
        </svg>
      </Button>
      <Button tone="quiet" small onClick={onHelp} aria-label="Keyboard shortcuts">
        ?
      </Button>
      <span className={styles.who} title={`Role: ${me.role}`}>
        {me.name} <small>{me.role}</small>
      </span>
      <Button tone="quiet" small onClick={leave}>
        Sign out
      </Button>
    </div>
  );
}
