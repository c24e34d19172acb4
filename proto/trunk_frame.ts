/** Trunk frames: media packets of several sessions in one datagram, as relays in trunking mode send them. */
import { readU16, requireUint, writeU16 } from "./byte_order.ts";
import { WireError } from "./errors.ts";

export interface TrunkEntry {
  /** First two bytes of the sender's session id, as a number. */
  readonly session: number;
  /** A complete media packet; not checked here. */
  readonly packet: Uint8Array;
}

const COUNT_BYTES = 2;
/** Session and length in front of each packet. */
const ENTRY_BYTES = 4;

/** Writes a trunk frame; throws RangeError for more than 65535 entries or an entry that does not fit. */
export function encodeTrunk(entries: readonly TrunkEntry[]): Uint8Array {
  requireUint("entry count", entries.length, 0xffff);
  let length = COUNT_BYTES;
  for (const { session, packet } of entries) {
    requireUint("session", session, 0xffff);
    requireUint("packet length", packet.length, 0xffff);
    length += ENTRY_BYTES + packet.length;
  }
  const bytes = new Uint8Array(length);
  writeU16(bytes, 0, entries.length);
  let at = COUNT_BYTES;
  for (const { session, packet } of entries) {
    writeU16(bytes, at, session);
    writeU16(bytes, at + 2, packet.length);
    bytes.set(packet, at + ENTRY_BYTES);
    at += ENTRY_BYTES + packet.length;
  }
  return bytes;
}

/** Reads a trunk frame; packets are views into `bytes`. Bytes after the last entry are ignored. Throws WireError. */
export function decodeTrunk(bytes: Uint8Array): TrunkEntry[] {
  if (bytes.length < COUNT_BYTES) throw cutOff("count");
  const entries: TrunkEntry[] = [];
  let at = COUNT_BYTES;
  for (let left = readU16(bytes, 0); left > 0; left--) {
    const start = at + ENTRY_BYTES;
    if (bytes.length < start) throw cutOff("entry header");
    const end = start + readU16(bytes, at + 2);
    if (bytes.length < end) throw cutOff("packet");
    entries.push({ session: readU16(bytes, at), packet: bytes.subarray(start, end) });
    at = end;
  }
  return entries;
}

function cutOff(part: string): WireError {
  return new WireError("truncated", `Cannot parse trunk frame: ${part} is cut off`);
}
