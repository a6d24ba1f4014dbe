import { LIVE } from "@/shared/routes";

/** Where to go after the sign-in: a path of ours only, so that no link can send an analyst elsewhere. */
export function safeNext(search: string): string {
  const next = new URLSearchParams(search).get("next") ?? LIVE;
  return /^\/(?![/\\])/.test(next) && !next.startsWith("/login") ? next : LIVE;
}

/** The one-time code of the address: behind the hash, where no server and no log sees it. */
export function codeOf(hash: string): string | null {
  return new URLSearchParams(hash.slice(1)).get("code");
}
