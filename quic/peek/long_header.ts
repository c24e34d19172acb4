/** The readable part of QUIC long-header packets (RFC 9000, 17.2). */
import { QuicError } from "../errors.ts";
import { ByteReader } from "./byte_reader.ts";

export const VERSION_1 = 1;
export const TYPE_INITIAL = 0;
export const TYPE_HANDSHAKE = 2;
export const TYPE_RETRY = 3;

export interface LongPacket {
  readonly type: number;
  readonly version: number;
  readonly dcid: Uint8Array;
  readonly scid: Uint8Array;
  /** Where the (protected) packet number begins in `bytes`. */
  readonly numberAt: number;
  /** This packet alone, without others in the same datagram. */
  readonly bytes: Uint8Array;
}

/** The packet at the start of `datagram`, or null when there is none that makes sense. */
export function readLongHeader(datagram: Uint8Array): LongPacket | null {
  if (datagram.length === 0 || (datagram[0]! & 0x80) === 0) return null;
  const reader = new ByteReader(datagram);
  try {
    const type = reader.uint(1) >> 4 & 3;
    const version = reader.uint(4);
    const dcid = reader.take(reader.uint(1));
    const scid = reader.take(reader.uint(1));
    // Version negotiation and Retry have no length: they fill their datagram.
    if (version !== VERSION_1 || type === TYPE_RETRY) {
      return { type, version, dcid, scid, numberAt: reader.position, bytes: datagram };
    }
    if (type === TYPE_INITIAL) reader.take(reader.varint());
    const length = reader.varint();
    const numberAt = reader.position;
    reader.take(length);
    return { type, version, dcid, scid, numberAt, bytes: datagram.subarray(0, reader.position) };
  } catch (error) {
    if (error instanceof QuicError) return null;
    throw error;
  }
}
