/** What a relay tells a registry about itself, signed with the key of its certificate, so that readers can verify and pin. */
import type { Crypto } from "./crypto_port.ts";
import { formatSocketAddress, isHostIp, parseSocketAddress } from "./socket_address.ts";

/** A relay as it announces itself. Numbers are whole, so that every language writes the same text to be signed. */
export interface RelayAnnouncement {
  /** 1 to 64 printable characters without `|`. */
  readonly name: string;
  /** `ip:port`, canonical. */
  readonly addr: string;
  /** Up to 32 printable characters; empty when it has none. */
  readonly region: string;
  /** Most sessions it takes, and how many it has. */
  readonly capacity: number;
  readonly load: number;
  /** Takes nobody new. */
  readonly draining: boolean;
  /** 64 lower-case hex digits. */
  readonly tls_fingerprint: string;
  /** Of its UDP relay for WireGuard; null without one. */
  readonly udp_port: number | null;
}

/** What the signature covers. */
export interface RelayStatement extends RelayAnnouncement {
  /** Milliseconds since 1970; grows with every statement of a relay. */
  readonly issued_at: number;
  /** 32 lower-case hex digits. */
  readonly nonce: string;
}

/** As a registry keeps it and gives it to readers. */
export interface RelayRecord extends RelayStatement {
  /** Ed25519 key of the certificate, 64 lower-case hex digits. */
  readonly public_key: string;
  /** 128 lower-case hex digits. */
  readonly signature: string;
}

/** What takes a relay out of a registry. */
export interface RelayFarewell {
  readonly tls_fingerprint: string;
  readonly issued_at: number;
  readonly nonce: string;
}

const MAX_SESSIONS = 10_000_000;

/** A record from JSON that came from anywhere, or what is wrong with it. Unknown fields are left out. */
export function parseRelayRecord(value: unknown): RelayRecord | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "no object";
  const v = value as Record<string, unknown>;
  const { name, addr, region, capacity, load, draining = false, udp_port = null } = v;
  if (!isText(name, 1, 64) || name.includes("|")) return "name is not 1 to 64 characters";
  const address = typeof addr === "string" ? parseSocketAddress(addr) : null;
  if (address === null || address.port === 0 || formatSocketAddress(address) !== addr) {
    return "addr is no canonical ip:port";
  }
  if (!isHostIp(address.ip)) return "addr is no address of one machine";
  if (!isText(region, 0, 32) || region.includes("|")) return "region is not up to 32 characters";
  if (!isCount(capacity, MAX_SESSIONS)) return "capacity is no number of sessions";
  if (!isCount(load, MAX_SESSIONS)) return "load is no number of sessions";
  if (typeof draining !== "boolean") return "draining is neither true nor false";
  if (udp_port !== null && (!isCount(udp_port, 0xffff) || udp_port === 0)) {
    return "udp_port is no port";
  }
  const farewell = parseRelayFarewell(value);
  if (typeof farewell === "string") return farewell;
  if (!isHex(v.public_key, 64)) return "public_key is not 64 hex digits";
  if (!isHex(v.signature, 128)) return "signature is not 128 hex digits";
  return {
    name,
    addr,
    region,
    capacity,
    load,
    draining,
    tls_fingerprint: farewell.tls_fingerprint,
    udp_port,
    issued_at: farewell.issued_at,
    nonce: farewell.nonce,
    public_key: v.public_key,
    signature: v.signature,
  };
}

/** The part of a record that a farewell has too, or what is wrong with it. */
export function parseRelayFarewell(value: unknown): RelayFarewell | string {
  if (typeof value !== "object" || value === null) return "no object";
  const { tls_fingerprint, issued_at, nonce } = value as Record<string, unknown>;
  if (!isHex(tls_fingerprint, 64)) return "tls_fingerprint is not 64 hex digits";
  if (!isCount(issued_at, Number.MAX_SAFE_INTEGER)) return "issued_at is no time in milliseconds";
  if (!isHex(nonce, 32)) return "nonce is not 32 hex digits";
  return { tls_fingerprint, issued_at, nonce };
}

/** The bytes that are signed: a JSON list, as JSON.stringify writes it. */
export function recordTranscript(s: RelayStatement): Uint8Array {
  return transcript([
    "wzp-registry/1",
    "register",
    s.name,
    s.addr,
    s.region,
    s.capacity,
    s.load,
    s.draining,
    s.tls_fingerprint,
    s.udp_port,
    s.issued_at,
    s.nonce,
  ]);
}

/** The same for taking a relay out. */
export function farewellTranscript(f: RelayFarewell): Uint8Array {
  return transcript(["wzp-registry/1", "remove", f.tls_fingerprint, f.issued_at, f.nonce]);
}

/** Whether the key in it signed it. That the key is the one of the certificate shows when the relay is dialled with the pin. */
export function verifyRelayRecord(
  crypto: Pick<Crypto, "ed25519Verify">,
  record: RelayRecord,
): boolean {
  return crypto.ed25519Verify(
    Uint8Array.fromHex(record.public_key),
    recordTranscript(record),
    Uint8Array.fromHex(record.signature),
  );
}

function transcript(items: readonly (string | number | boolean | null)[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(items));
}

function isText(value: unknown, min: number, max: number): value is string {
  return typeof value === "string" && value.length >= min && value.length <= max &&
    value.isWellFormed() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(value);
}

function isCount(value: unknown, max: number): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max &&
    !Object.is(value, -0);
}

function isHex(value: unknown, digits: number): value is string {
  return typeof value === "string" && value.length === digits && /^[0-9a-f]+$/.test(value);
}
