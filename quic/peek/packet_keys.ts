/** Packet protection of QUIC version 1 (RFC 9001) for AES-128-GCM: keys, payload and header protection. */
import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";

/** Salt that turns a client's first destination connection id into the Initial secret (RFC 9001, 5.2). */
const INITIAL_SALT = Uint8Array.from([
  0x38,
  0x76,
  0x2c,
  0xf7,
  0xf5,
  0x59,
  0x34,
  0xb3,
  0x4d,
  0x17,
  0x9a,
  0xe6,
  0xa4,
  0xc8,
  0x0c,
  0xad,
  0xcc,
  0xbb,
  0x7f,
  0x0a,
]);

const TAG_BYTES = 16;
const ZEROS = new Uint8Array(32);
const EMPTY_HASH = sha256(new Uint8Array());

export interface PacketKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly headerKey: Uint8Array;
}

export function sha256(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** The keys of both directions for Initial packets. */
export function initialKeys(clientDcid: Uint8Array): { client: PacketKeys; server: PacketKeys } {
  const secret = hmac(INITIAL_SALT, clientDcid);
  return {
    client: packetKeys(expandLabel(secret, "client in", 32)),
    server: packetKeys(expandLabel(secret, "server in", 32)),
  };
}

/** The server's keys for Handshake packets, from the key agreement and the hash of both hellos (RFC 8446, 7.1). */
export function serverHandshakeKeys(shared: Uint8Array, transcript: Uint8Array): PacketKeys {
  const early = hmac(ZEROS, ZEROS);
  const handshake = hmac(expandLabel(early, "derived", 32, EMPTY_HASH), shared);
  return packetKeys(expandLabel(handshake, "s hs traffic", 32, transcript));
}

/** Protects a packet in place of its plain form: `header` ends with a packet number of `numberBytes` bytes. */
export function protect(
  keys: PacketKeys,
  header: Uint8Array,
  packetNumber: number,
  numberBytes: number,
  payload: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("aes-128-gcm", keys.key, nonce(keys.iv, packetNumber));
  cipher.setAAD(header);
  const sealed = [cipher.update(payload), cipher.final(), cipher.getAuthTag()];
  const packet = new Uint8Array(header.length + payload.length + TAG_BYTES);
  packet.set(header);
  let at = header.length;
  for (const part of sealed) {
    packet.set(part, at);
    at += part.length;
  }
  const numberAt = header.length - numberBytes;
  const mask = headerMask(keys.headerKey, packet.subarray(numberAt + 4, numberAt + 20));
  packet[0]! ^= mask[0]! & 0x0f;
  for (let i = 0; i < numberBytes; i++) packet[numberAt + i]! ^= mask[1 + i]!;
  return packet;
}

/** The payload of a protected long-header packet, or null when it does not authenticate. */
export function unprotect(
  keys: PacketKeys,
  packet: Uint8Array,
  numberAt: number,
): Uint8Array | null {
  if (packet.length < numberAt + 4 + 16) return null;
  const mask = headerMask(keys.headerKey, packet.subarray(numberAt + 4, numberAt + 20));
  const first = packet[0]! ^ (mask[0]! & 0x0f);
  const numberBytes = (first & 3) + 1;
  const header = packet.slice(0, numberAt + numberBytes);
  header[0] = first;
  let packetNumber = 0;
  for (let i = 0; i < numberBytes; i++) {
    header[numberAt + i]! ^= mask[1 + i]!;
    packetNumber = packetNumber * 256 + header[numberAt + i]!;
  }
  const sealed = packet.subarray(header.length);
  if (sealed.length < TAG_BYTES) return null;
  try {
    const decipher = createDecipheriv("aes-128-gcm", keys.key, nonce(keys.iv, packetNumber));
    decipher.setAAD(header);
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    const plain = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
    decipher.final();
    return new Uint8Array(plain);
  } catch {
    return null;
  }
}

function packetKeys(secret: Uint8Array): PacketKeys {
  return {
    key: expandLabel(secret, "quic key", 16),
    iv: expandLabel(secret, "quic iv", 12),
    headerKey: expandLabel(secret, "quic hp", 16),
  };
}

/** HKDF-Expand-Label of TLS 1.3; one block is enough for every length used here. */
function expandLabel(
  secret: Uint8Array,
  label: string,
  length: number,
  context: Uint8Array = new Uint8Array(),
): Uint8Array {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = Uint8Array.from([
    length >> 8,
    length & 0xff,
    name.length,
    ...name,
    context.length,
    ...context,
    1,
  ]);
  return hmac(secret, info).subarray(0, length);
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac("sha256", key).update(data).digest());
}

function nonce(iv: Uint8Array, packetNumber: number): Uint8Array {
  const bytes = iv.slice();
  for (let i = 0, rest = packetNumber; i < 4; i++, rest >>>= 8) bytes[11 - i]! ^= rest & 0xff;
  return bytes;
}

function headerMask(key: Uint8Array, sample: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-ecb", key, null);
  cipher.setAutoPadding(false);
  const mask = new Uint8Array(cipher.update(sample));
  // Releases the cipher; a whole block leaves nothing behind.
  cipher.final();
  return mask;
}
