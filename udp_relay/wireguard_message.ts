/** What can be read of a WireGuard message without any key: its type, its indices and its counter. */

export const MALFORMED = 0;
export const INITIATION = 1;
export const RESPONSE = 2;
export const COOKIE_REPLY = 3;
export const TRANSPORT = 4;
export type MessageType =
  | typeof MALFORMED
  | typeof INITIATION
  | typeof RESPONSE
  | typeof COOKIE_REPLY
  | typeof TRANSPORT;

export const INITIATION_BYTES = 148;
export const RESPONSE_BYTES = 92;
export const COOKIE_REPLY_BYTES = 64;
/** Header and the code of an empty packet, which is what keeps a way open. */
export const LEAST_TRANSPORT_BYTES = 32;
/** Bytes before the first code of a handshake message. */
export const INITIATION_COVERED = INITIATION_BYTES - 32;
export const RESPONSE_COVERED = RESPONSE_BYTES - 32;

/** Payload of transport messages is filled up to this. */
const PADDING = 16;

/** `MALFORMED` for everything that no WireGuard would send. */
export function messageType(bytes: Uint8Array): MessageType {
  const length = bytes.length;
  if (length < LEAST_TRANSPORT_BYTES || (bytes[1]! | bytes[2]! | bytes[3]!) !== 0) return MALFORMED;
  switch (bytes[0]) {
    case TRANSPORT:
      return length % PADDING === 0 ? TRANSPORT : MALFORMED;
    case INITIATION:
      return length === INITIATION_BYTES ? INITIATION : MALFORMED;
    case RESPONSE:
      return length === RESPONSE_BYTES ? RESPONSE : MALFORMED;
    case COOKIE_REPLY:
      return length === COOKIE_REPLY_BYTES ? COOKIE_REPLY : MALFORMED;
    default:
      return MALFORMED;
  }
}

/** Of initiation and response: what its sender calls the session. Indices are signed here, which maps find faster. */
export function senderIndex(bytes: Uint8Array): number {
  return wordAt(bytes, 4);
}

/** Of everything but an initiation: what its receiver calls the session; signed as well. */
export function receiverIndex(type: MessageType, bytes: Uint8Array): number {
  return wordAt(bytes, type === RESPONSE ? 8 : 4);
}

/** Of a transport message. Above 2^53, where no tunnel ever gets, neighbours are the same number. */
export function counterOf(bytes: Uint8Array): number {
  return (wordAt(bytes, 12) >>> 0) * 0x1_0000_0000 + (wordAt(bytes, 8) >>> 0);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
