import { useState, type ReactNode } from "react";
import { Link, useLocation } from "wouter";
import type { Me } from "@/shared/api/types";
import { LIVE, SUPPRESSIONS, TRIAGE, TRIAGE_OPEN } from "@/shared/routes";
import { useShortcuts } from "@/shared/shortcuts/shortcuts";
import { Account } from "./Account";
import { Help } from "./Help";
import { Pulse } from "./Pulse";
import styles from "./Shell.module.css";
import { Troubles } from "./Troubles";

const PLACES = [
  { path: LIVE, href: LIVE, words: "Live", keys: "g l" },
  { path: TRIAGE, href: TRIAGE_OPEN, words: "Triage", keys: "g t" },
  { path: SUPPRESSIONS, href: SUPPRESSIONS, words: "Suppressions", keys: "g s" },
];

/** The frame around every view. */
export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const [path, navigate] = useLocation();
  const [helping, setHelping] = useState(false);
  useShortcuts("Everywhere", [
    ...PLACES.map((place) => ({ keys: place.keys, does: place.words, run: () => navigate(place.href) })),
    { keys: "?", does: "This help", run: () => setHelping(true) },
  ]);
  return (
    <div className={styles.shell}>
      <a href="#view" className="skip">
        Skip to the view
      </a>
      <header className={styles.header}>
        <Link href={LIVE} className={styles.brand ?? ""}>
          <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
            <path fill="none" stroke="currentColor" strokeWidth="3" d="M16 4 27 10v12l-11 6-11-6V10z" />
            <circle cx="16" cy="16" r="4" fill="currentColor" />
          </svg>
          <span>IronCore</span>
        </Link>
        <nav aria-label="Views" className={styles.nav}>
          {PLACES.map((place) => (
            <Link key={place.path} href={place.href} aria-current={path === place.path ? "page" : undefined}>
              {place.words}
            </Link>
          ))}
        </nav>
        <Pulse />
        <Account me={me} onHelp={() => setHelping(true)} />
      </header>
      <Troubles />
      <main id="view" tabIndex={-1} className={styles.main}>
        {children}
      </main>
      {helping && <Help onClose={() => setHelping(false)} />}
    </div>
  );
}
