/** The few bytes of a QUIC packet that can be read without keys: where it goes and what it begins. */

/** Length of every connection id this side chooses. */
export const CONNECTION_ID_BYTES = 8;

/** RFC 9000 14.1: a shorter datagram cannot carry a client's first packet. */
const SMALLEST_INITIAL_DATAGRAM = 1200;
const VERSION_1 = 0x00000001;
const LONG_HEADER = 0x80;
const TYPE_BITS = 0x30;
const INITIAL = 0x00;
const RETRY = 0x30;
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
  const isInitial = (view.getUint8(0) & 0xf0) === (0xc0 | INITIAL);
  // RFC 9000 7.2: a client's first destination connection id has at least 8 bytes.
  return isInitial && view.getUint32(1) === VERSION_1 && view.getUint8(5) >= 8;
}

/**
 * The packets that share one datagram (RFC 9000 12.2). quiche drops a whole datagram at the first packet it has no
 * keys for, and with it what follows: quinn's close right after a handshake comes behind such a packet.
 */
export function splitDatagram(datagram: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let rest = datagram; rest.length > 0;) {
    const length = longPacketLength(rest) ?? rest.length;
    packets.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return packets;
}

/** Length of the packet at the start; null when it takes all the rest. */
function longPacketLength(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const first = view.getUint8(0);
    const type = first & TYPE_BITS;
    if ((first & LONG_HEADER) === 0 || type === RETRY || view.getUint32(1) === 0) return null;
    let at = 6 + view.getUint8(5);
    at += 1 + view.getUint8(at);
    if (type === INITIAL) {
      const [tokenLength, afterLength] = varint(view, at);
      at = afterLength + tokenLength;
    }
    const [length, start] = varint(view, at);
    return start + length < bytes.length ? start + length : null;
  } catch {
    // Cut off in the middle of the header.
    return null;
  }
}

/** A variable-length integer (RFC 9000 16) and the offset after it; only sizes below 2^30 can be real here. */
function varint(view: DataView, at: number): [value: number, end: number] {
  switch (view.getUint8(at) >> 6) {
    case 0:
      return [view.getUint8(at), at + 1];
    case 1:
      return [view.getUint16(at) & 0x3fff, at + 2];
    case 2:
      return [view.getUint32(at) & 0x3fff_ffff, at + 4];
    default:
      throw new RangeError("Longer than any datagram");
  }
}
