/** Compact framing: a full packet now and then, four header bytes in between. Nobody on the wire uses it yet. */
import { readU16, readU32, writeU16, writeU32 } from "./byte_order.ts";
import { WireError } from "./errors.ts";
import {
  hasTrailer,
  MEDIA_HEADER_BYTES,
  seqOf,
  timestampOf,
  TRAILER_BIT,
  validateMedia,
} from "./media_header.ts";
import { requireMedia } from "./media_packet.ts";

const FULL = 0x00;
const MINI = 0x01;

/** Type byte, timestamp delta u16, payload length u16. */
const MINI_HEADER_BYTES = 5;

/** A full header goes out at least every so many frames, so that a receiver who lost one recovers. */
export const FULL_FRAME_INTERVAL = 50;

/** Turns the media packets of one stream into compact frames. */
export class MiniFrameEncoder {
  readonly #base = new Uint8Array(MEDIA_HEADER_BYTES);
  /** Frames since the last full one, that one included; 0 before the first. */
  #sinceFull = 0;

  /** Frames one valid media packet. What a mini frame cannot express goes out as a full one. */
  encode(packet: Uint8Array): Uint8Array {
    if (validateMedia(packet) !== 0) {
      throw new TypeError("Cannot frame packet: not a media packet");
    }
    const mini = this.#sinceFull > 0 && this.#sinceFull < FULL_FRAME_INTERVAL &&
      this.#follows(packet);
    const frame = mini ? this.#mini(packet) : full(packet);
    this.#sinceFull = mini ? this.#sinceFull + 1 : 1;
    this.#base.set(packet.subarray(0, MEDIA_HEADER_BYTES));
    return frame;
  }

  /** True when a receiver that holds the base reconstructs exactly this packet from a mini frame. */
  #follows(packet: Uint8Array): boolean {
    const base = this.#base;
    if (hasTrailer(packet)) return false;
    if (packet.length - MEDIA_HEADER_BYTES > 0xffff) return false;
    if (packet[0] !== (base[0]! & ~TRAILER_BIT) || packet[1] !== base[1]) return false;
    if (seqOf(packet) !== ((seqOf(base) + 1) & 0xffff)) return false;
    if (this.#delta(packet) > 0xffff) return false;
    return readU32(packet, 8) === readU32(base, 8);
  }

  #mini(packet: Uint8Array): Uint8Array {
    const payload = packet.subarray(MEDIA_HEADER_BYTES);
    const frame = new Uint8Array(MINI_HEADER_BYTES + payload.length);
    frame[0] = MINI;
    writeU16(frame, 1, this.#delta(packet));
    writeU16(frame, 3, payload.length);
    frame.set(payload, MINI_HEADER_BYTES);
    return frame;
  }

  #delta(packet: Uint8Array): number {
    return (timestampOf(packet) - timestampOf(this.#base)) >>> 0;
  }
}

/** Turns the compact frames of one stream back into media packets. */
export class MiniFrameDecoder {
  /** Header of the last packet, or null before the first full frame. */
  #base: Uint8Array | null = null;

  /** The media packet of one frame; a view into `frame` if it was a full one. Throws WireError. */
  decode(frame: Uint8Array): Uint8Array {
    if (frame.length === 0) throw new WireError("truncated", "Cannot parse compact frame: empty");
    const packet = frame[0] === FULL ? unframe(frame) : this.#expand(frame);
    this.#base = packet.slice(0, MEDIA_HEADER_BYTES);
    return packet;
  }

  /** Bytes after the payload are ignored. */
  #expand(frame: Uint8Array): Uint8Array {
    if (frame[0] !== MINI) {
      throw new WireError("malformed", "Cannot parse compact frame: unknown frame type");
    }
    if (frame.length < MINI_HEADER_BYTES) {
      throw new WireError("truncated", "Cannot parse compact frame: header is cut off");
    }
    const payloadEnd = MINI_HEADER_BYTES + readU16(frame, 3);
    if (frame.length < payloadEnd) {
      throw new WireError("truncated", "Cannot parse compact frame: payload is cut off");
    }
    const base = this.#base;
    if (base === null) {
      throw new WireError("malformed", "Cannot parse compact frame: no full frame came before");
    }
    const packet = new Uint8Array(MEDIA_HEADER_BYTES + payloadEnd - MINI_HEADER_BYTES);
    packet.set(base);
    // A mini frame never has a trailer, also when it follows a packet that had one.
    packet[0] = base[0]! & ~TRAILER_BIT;
    writeU16(packet, 2, seqOf(base) + 1);
    writeU32(packet, 4, timestampOf(base) + readU16(frame, 1));
    packet.set(frame.subarray(MINI_HEADER_BYTES, payloadEnd), MEDIA_HEADER_BYTES);
    return packet;
  }
}

function full(packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(1 + packet.length);
  frame[0] = FULL;
  frame.set(packet, 1);
  return frame;
}

function unframe(frame: Uint8Array): Uint8Array {
  requireMedia(frame, 1);
  return frame.subarray(1);
}
