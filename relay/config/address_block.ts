/** Blocks of IP addresses as configuration values: one address, or a prefix such as `192.0.2.0/24`. */
import { canonicalIp, ipv6Groups } from "../../proto/socket_address.ts";
import { textual, type ValueType, wrong } from "./value_types.ts";

export interface AddressBlock {
  /** As the operator wrote it. */
  readonly text: string;
  /** The address, 4 or 16 bytes. */
  readonly bytes: readonly number[];
  /** How many leading bits count. */
  readonly bits: number;
}

const EXPECTED = 'an IP address or a block of them, such as "192.0.2.7", "192.0.2.0/24" or ' +
  '"2001:db8::/32"';

export const addressBlock: ValueType<AddressBlock> = textual({
  shape: "ip/bits",
  expected: EXPECTED,
  read(raw) {
    const block = typeof raw === "string" ? parseAddressBlock(raw) : null;
    return block === null ? wrong(EXPECTED, raw) : { value: block };
  },
  raw: ({ text }) => text,
});

/** Null for what is neither an address nor a block. Bits behind the prefix do not count. */
export function parseAddressBlock(text: string): AddressBlock | null {
  const parts = /^([^/]+)(?:\/(0|[1-9][0-9]{0,2}))?$/.exec(text);
  if (parts === null) return null;
  const bytes = addressBytes(parts[1]!);
  if (bytes === null) return null;
  const most = 8 * bytes.length;
  const bits = parts[2] === undefined ? most : Number(parts[2]);
  return bits > most ? null : { text, bytes, bits };
}

/** Whether the address is in the block. IPv4-mapped IPv6 addresses are IPv4 addresses. */
export function blockHolds(block: AddressBlock, ip: string): boolean {
  const bytes = addressBytes(ip.split("%", 1)[0]!);
  if (bytes === null || bytes.length !== block.bytes.length) return false;
  const whole = block.bits >> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== block.bytes[i]) return false;
  const rest = block.bits & 7;
  return rest === 0 || (bytes[whole]! ^ block.bytes[whole]!) >> (8 - rest) === 0;
}

function addressBytes(ip: string): number[] | null {
  const canonical = canonicalIp(ip);
  if (canonical === null) return null;
  if (!canonical.includes(":")) return canonical.split(".").map(Number);
  return ipv6Groups(canonical)!.flatMap((group) => [group >> 8, group & 255]);
}
