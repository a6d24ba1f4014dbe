import { SEVERITIES, type Severity } from "@/shared/domain/severity";

/** The stylesheet's colours for what is drawn on a canvas. */
export interface Colours {
  severity: Record<Severity, string>;
  text: string;
  muted: string;
  line: string;
  panel: string;
  accent: string;
}

/** Read the custom properties of the theme that holds now. */
export function readColours(): Colours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const severity = Object.fromEntries(SEVERITIES.map((name) => [name, of(name)])) as Record<Severity, string>;
  return { severity, text: of("text"), muted: of("muted"), line: of("line"), panel: of("panel"), accent: of("accent") };
}
