const MOST = 15;

/** Shorten an IPv6 address or a host's name in its middle, where it says least; an IPv4 address is left whole. */
export function shortAddress(text: string): string {
  if (text.length <= MOST) return text;
  const head = Math.ceil((MOST - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (MOST - 1 - head))}`;
}

/** `address:port`, with brackets around an IPv6 address. */
export function endpoint(ip: string | null | undefined, port: number | null | undefined): string {
  if (!ip) return port === null || port === undefined ? "—" : `:${port}`;
  if (port === null || port === undefined) return ip;
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}
