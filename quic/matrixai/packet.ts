/** The few bytes of a QUIC packet that can be read without keys: where it goes and what it begins. */

/** Length of every connection id this side chooses. */
export const CONNECTION_ID_BYTES = 8;

/** RFC 9000 14.1: a shorter datagram cannot carry a client's first packet. */
const SMALLEST_INITIAL_DATAGRAM = 1200;
const VERSION_1 = 0x00000001;
const LONG_HEADER = 0x80;
const LONGEST_CONNECTION_ID = 20;

/** A connection id as a map key: one character per byte. */
export function connectionIdKey(id: Uint8Array): string {
  return String.fromCharCode(...id);
}

/** The key of the connection id a datagram is addressed to; null when it is no QUIC packet. */
export function destinationKey(datagram: Uint8Array): string | null {
  const first = datagram[0];
  if (first === undefined) return null;
  const long = (first & LONG_HEADER) !== 0;
  const start = long ? 6 : 1;
  const length = long ? datagram[5] : CONNECTION_ID_BYTES;
  if (length === undefined || length > LONGEST_CONNECTION_ID) return null;
  if (datagram.length < start + length) return null;
  return connectionIdKey(datagram.subarray(start, start + length));
}

/** Whether a datagram can be the first one of a client speaking QUIC version 1. */
export function startsConnection(datagram: Uint8Array): boolean {
  if (datagram.length < SMALLEST_INITIAL_DATAGRAM) return false;
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const isInitial = (view.getUint8(0) & 0xf0) === 0xc0;
  // RFC 9000 7.2: a client's first destination connection id has at least 8 bytes.
  return isInitial && view.getUint32(1) === VERSION_1 && view.getUint8(5) >= 8;
}
