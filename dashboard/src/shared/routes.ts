/** Addresses of the views; the API serves the page under each of them. */
export const LIVE = "/";
export const TRIAGE = "/triage";
export const SUPPRESSIONS = "/suppressions";
export const LOGIN = "/login";
/** Triage begins with what is still open. */
export const TRIAGE_OPEN = `${TRIAGE}?status=!closed`;

export function threatPath(threat_id: string): string {
  return `/threats/${encodeURIComponent(threat_id)}`;
}

export function entityPath(key: string): string {
  return `/entities/${encodeURIComponent(key)}`;
}
