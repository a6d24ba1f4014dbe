import type { Attack as Technique } from "@/shared/api/types";
import styles from "./Attack.module.css";

const SITE = "https://attack.mitre.org";

/** Tactic and technique, with the way to their description. */
export function Attack({ attack }: { attack: Technique }) {
  const [tactic_id = "", tactic, technique_id = "", technique] = attack;
  return (
    <dl className={styles.attack}>
      <div>
        <dt>Tactic</dt>
        <dd>
          {tactic} <Page path={`/tactics/${tactic_id}/`} words={tactic_id} />
        </dd>
      </div>
      <div>
        <dt>Technique</dt>
        <dd>
          {technique} <Page path={`/techniques/${technique_id.replace(".", "/")}/`} words={technique_id} />
        </dd>
      </div>
    </dl>
  );
}

function Page({ path, words }: { path: string; words: string }) {
  return (
    <a href={SITE + path} target="_blank" rel="noreferrer" className="mono">
      {words}
      <span className="visually-hidden"> on MITRE’s site, in a new tab</span>
    </a>
  );
}
