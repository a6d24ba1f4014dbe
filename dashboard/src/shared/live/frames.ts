import { decode, encode } from "@msgpack/msgpack";
import type { ClientFrame, ServerFrame } from "@/shared/api/types";

const TYPES: ReadonlySet<string> = new Set(["hello", "threats", "triage", "gap", "stats", "ping"]);

/** Read a msgpack frame; undefined when it is of a type that we do not know (a newer server). Throws on bad bytes. */
export function readFrame(data: ArrayBuffer): ServerFrame | undefined {
  const value: unknown = decode(data);
  return isFrame(value) ? value : undefined;
}

export function writeFrame(frame: ClientFrame): Uint8Array<ArrayBuffer> {
  return new Uint8Array(encode(frame));
}

/** The server is ours and of the same build; its frames are told apart, not validated field by field. */
function isFrame(value: unknown): value is ServerFrame {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    TYPES.has(value.type)
  );
}
