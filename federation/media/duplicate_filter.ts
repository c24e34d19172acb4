/**
 * Finds packets that were seen before, over whatever links their copies came. Bounded memory, two seconds.
 *
 * There are two kinds of copies. One of `media2` says who sent it: origin and sender. An anonymous one does not: it came
 * over a legacy link somewhere on its way (sender 0 in `media2` says just that). All copies of a packet agree in room
 * and bytes, the content. So this is what entries are found by, and who sent it is kept beside:
 *
 * - A named copy is a duplicate when its content is known of the same sender. Two people whose packets have the same
 *   bytes, as comfort noise often has, are two entries.
 * - An anonymous copy is a duplicate when its content is known at all: nothing tells it from that other one.
 * - A named copy whose content is known from an anonymous copy only may be that same packet on another way: it is a
 *   duplicate, and the entry is its sender's from now on, so that it stands for one sender and not for all.
 *
 * Which order copies come in makes no difference, then: each packet is new once.
 */
import { readU32 } from "../../proto/byte_order.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import { LEGACY_LINK_HEADER_BYTES } from "../../proto/legacy_link_datagram.ts";
import {
  LINK_HEADER_BYTES,
  LINK_ORIGIN_AT,
  LINK_ROOM_AT,
  senderOf,
} from "../../proto/link_datagram.ts";
import { CONTENT_KEY_BYTES, ContentHash } from "./content_hash.ts";

/** Longer than copies of a packet are apart, shorter than it takes a sender to send the same bytes again. */
const DUPLICATE_MS = 2_000;

/** The sender of a packet that came over a legacy link; participants count from 1. */
export const UNKNOWN_SENDER = 0;

/** Entries of one hash value's place. More than these, and the oldest goes: the time for a lookup has a bound. */
const WAYS = 16;

/** 131,072 entries of 28 bytes: two seconds of 30,000 packets/s, which is more than one core passes on, half full. */
const DEFAULT_PLACES = 1 << 13;

export class DuplicateFilter {
  readonly #hash: ContentHash;
  readonly #mask: number;
  readonly #low: Int32Array;
  readonly #high: Int32Array;
  readonly #origin0: Uint32Array;
  readonly #origin1: Uint32Array;
  readonly #sender: Uint32Array;
  readonly #since: Float64Array;

  /** `places`, a power of two, times 16 is how many packets it remembers. */
  constructor(crypto: Pick<Crypto, "random">, places = DEFAULT_PLACES) {
    this.#hash = new ContentHash(crypto.random(CONTENT_KEY_BYTES));
    this.#mask = places - 1;
    const entries = places * WAYS;
    this.#low = new Int32Array(entries);
    this.#high = new Int32Array(entries);
    this.#origin0 = new Uint32Array(entries);
    this.#origin1 = new Uint32Array(entries);
    this.#sender = new Uint32Array(entries);
    this.#since = new Float64Array(entries).fill(-Infinity);
  }

  /** Remembers a packet of this relay's own, which comes back where links form a ring. */
  own(
    roomHash: Uint8Array,
    packet: Uint8Array,
    origin: Uint8Array,
    sender: number,
    now: number,
  ): void {
    this.#hash.compute(roomHash, 0, packet, 0);
    this.#isNew(readU32(origin, 0), readU32(origin, 4), sender, now);
  }

  /** Whether a valid datagram of `media2` is the first copy, which it is from now on. */
  isNew(datagram: Uint8Array, now: number): boolean {
    this.#hash.compute(datagram, LINK_ROOM_AT, datagram, LINK_HEADER_BYTES);
    return this.#isNew(
      readU32(datagram, LINK_ORIGIN_AT),
      readU32(datagram, LINK_ORIGIN_AT + 4),
      senderOf(datagram),
      now,
    );
  }

  /** The same for a datagram of a legacy link. */
  isNewLegacy(datagram: Uint8Array, now: number): boolean {
    this.#hash.compute(datagram, 0, datagram, LEGACY_LINK_HEADER_BYTES);
    return this.#isNew(0, 0, UNKNOWN_SENDER, now);
  }

  #isNew(origin0: number, origin1: number, sender: number, now: number): boolean {
    const { low, high } = this.#hash;
    const since = this.#since;
    const first = (low & this.#mask) * WAYS;
    let oldest = first;
    let anonymous = -1;
    for (let i = first; i < first + WAYS; i++) {
      if (since[i]! < since[oldest]!) oldest = i;
      if (this.#low[i] !== low || this.#high[i] !== high || now - since[i]! >= DUPLICATE_MS) {
        continue;
      }
      if (sender === UNKNOWN_SENDER) return false;
      if (this.#sender[i] === UNKNOWN_SENDER) anonymous = i;
      else if (
        this.#sender[i] === sender && this.#origin0[i] === origin0 && this.#origin1[i] === origin1
      ) return false;
    }
    const place = anonymous < 0 ? oldest : anonymous;
    this.#origin0[place] = origin0;
    this.#origin1[place] = origin1;
    this.#sender[place] = sender;
    if (anonymous >= 0) return false;
    this.#low[place] = low;
    this.#high[place] = high;
    since[place] = now;
    return true;
  }
}
