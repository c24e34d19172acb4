/** What peers of a party send, checked before anything is done with it. */
import { formatSocketAddress, isHostIp, parseSocketAddress } from "../proto/socket_address.ts";
import type { PartyPeer } from "../relay/ports/registry.ts";

export type PeerForm = Omit<PartyPeer, "peer" | "age_ms">;

const NAT_TYPES: readonly unknown[] = ["open", "cone", "symmetric", "unknown"];
const MAX_ENDPOINTS = 16;
const MAX_RTTS = 32;
/** Longer than any packet is on its way. */
const MAX_RTT_MS = 60_000;
const MAX_NAME = 64;
const KEY_BYTES = 32;

/** The name of a new party, null for none; or what is wrong. */
export function readPartyName(body: unknown): { readonly name: string | null } | string {
  if (!isObject(body)) return "no object";
  const { name = null } = body;
  if (name !== null && !isName(name)) return `name is not 1 to ${MAX_NAME} characters`;
  return { name };
}

/** Who joins, with what it may leave out filled in; or what is wrong. */
export function readPeer(body: unknown): PeerForm | string {
  if (!isObject(body)) return "no object";
  const { name, public_key } = body;
  if (!isName(name)) return `name is not 1 to ${MAX_NAME} characters`;
  if (!isWireguardKey(public_key)) return "public_key is not 32 bytes in base64";
  const changes = readPeerChanges(body);
  if (typeof changes === "string") return changes;
  return { name, public_key, endpoints: [], nat_type: "unknown", rtts: {}, ...changes };
}

/** What a heart-beat changes; or what is wrong. */
export function readPeerChanges(
  body: unknown,
): Partial<Pick<PeerForm, "endpoints" | "nat_type" | "rtts">> | string {
  if (!isObject(body)) return "no object";
  const { endpoints, nat_type, rtts } = body;
  if (endpoints !== undefined && !areEndpoints(endpoints)) {
    return `endpoints are not up to ${MAX_ENDPOINTS} canonical ip:port of one machine each`;
  }
  if (nat_type !== undefined && !isNatType(nat_type)) {
    return "nat_type is not open, cone, symmetric or unknown";
  }
  if (rtts !== undefined && !areRtts(rtts)) {
    return `rtts are not up to ${MAX_RTTS} numbers of milliseconds by ip:port`;
  }
  return {
    ...(endpoints !== undefined && { endpoints: [...endpoints] }),
    ...(nat_type !== undefined && { nat_type }),
    ...(rtts !== undefined && { rtts: { ...rtts } }),
  };
}

/** The token of a peer that takes its place again; null when it shows none. */
export function peerTokenOf(body: unknown): string | null {
  const token = isObject(body) ? body.peer_token : null;
  return typeof token === "string" ? token : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= MAX_NAME &&
    value.isWellFormed() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value);
}

/** One spelling for each key, or one peer could be there twice. */
export function isWireguardKey(value: unknown): value is string {
  if (typeof value !== "string" || value.length > 64) return false;
  try {
    const bytes = Uint8Array.fromBase64(value);
    return bytes.length === KEY_BYTES && bytes.toBase64() === value;
  } catch {
    return false;
  }
}

function isEndpoint(value: unknown): value is string {
  const address = typeof value === "string" && value.length <= 64
    ? parseSocketAddress(value)
    : null;
  return address !== null && address.port !== 0 && isHostIp(address.ip) &&
    formatSocketAddress(address) === value;
}

function areEndpoints(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= MAX_ENDPOINTS && value.every(isEndpoint) &&
    new Set(value).size === value.length;
}

function isNatType(value: unknown): value is PartyPeer["nat_type"] {
  return NAT_TYPES.includes(value);
}

function areRtts(value: unknown): value is Readonly<Record<string, number>> {
  if (!isObject(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MAX_RTTS &&
    entries.every(([addr, ms]) =>
      isEndpoint(addr) && typeof ms === "number" && ms >= 0 && ms <= MAX_RTT_MS
    );
}
