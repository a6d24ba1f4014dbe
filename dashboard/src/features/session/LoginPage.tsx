import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState, type SubmitEvent } from "react";
import { useLocation, useSearch } from "wouter";
import { signIn } from "@/shared/api/endpoints";
import { keys } from "@/shared/api/keys";
import { messageOf } from "@/shared/api/problem";
import type { TokenRequest } from "@/shared/api/types";
import { Button } from "@/shared/ui/Button";
import { Field, inputClass } from "@/shared/ui/Field";
import styles from "./LoginPage.module.css";
import { codeOf, safeNext } from "./next";

/** Sign in with a name and a password, or at once with the one-time code of a local demo's address. */
export function LoginPage() {
  const queries = useQueryClient();
  const search = useSearch();
  const [, navigate] = useLocation();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const used_code = useRef(false);

  const enter = async (credentials: TokenRequest) => {
    setBusy(true);
    setWrong("");
    try {
      await signIn(credentials);
      await queries.resetQueries({ queryKey: keys.me });
      navigate(safeNext(search), { replace: true });
    } catch (error) {
      setWrong(messageOf(error));
      setBusy(false);
    }
  };
  useEffect(() => {
    const code = codeOf(location.hash);
    if (!code || used_code.current) return;
    used_code.current = true;
    history.replaceState(null, "", location.pathname); // a code in the address would stay in the history
    void enter({ code });
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => {
      const value = form.get(name);
      return typeof value === "string" ? value : "";
    };
    void enter({ username: text("username").trim(), password: text("password") });
  };
  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={onSubmit}>
        <h1>Sign in to IronCore</h1>
        <Field label="Name">
          {(id) => (
            <input id={id} name="username" className={inputClass} autoComplete="username" spellCheck={false} required />
          )}
        </Field>
        <Field label="Password">
          {(id) => (
            <input
              id={id}
              name="password"
              type="password"
              className={inputClass}
              autoComplete="current-password"
              required
            />
          )}
        </Field>
        <Button type="submit" tone="main" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </Button>
        <p role="alert" className={styles.wrong}>
          {wrong}
        </p>
        <p className={styles.help}>
          Running <code>make demo</code>? Open the address that it prints; it signs you in.
        </p>
      </form>
    </main>
  );
}
