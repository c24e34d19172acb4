/** Small datagrams that come back with the sender's clock in them: echoes to clients, probes between relays. */
import { readU32, readU64, requireU64, requireUint, writeU32, writeU64 } from "./byte_order.ts";
import { WireError } from "./errors.ts";

export interface RoundTrip {
  readonly kind: "request" | "reply";
  /** Number of the request, u32. */
  readonly seq: number;
  /** The asking side's clock, in microseconds; opaque to the answering side, which returns it unchanged. */
  readonly clockUs: bigint;
}

/** Mark, kind, number u32, clock u64. */
const ROUND_TRIP_BYTES = 14;

const REQUEST = 0;
const REPLY = 1;

/** One kind of round-trip datagram, told apart from everything else on its connection by the first byte. */
export class RoundTripFormat {
  readonly #name: string;
  readonly #mark: number;

  constructor(name: string, mark: number) {
    this.#name = name;
    this.#mark = mark;
  }

  /** True for a valid request or reply. */
  matches(datagram: Uint8Array): boolean {
    return datagram.length === ROUND_TRIP_BYTES && datagram[0] === this.#mark &&
      datagram[1]! <= REPLY;
  }

  /** True when a datagram that matches asks for a reply. */
  isRequest(datagram: Uint8Array): boolean {
    return datagram[1] === REQUEST;
  }

  /** The reply to a request, byte for byte except for the kind. */
  replyTo(request: Uint8Array): Uint8Array {
    const reply = request.slice();
    reply[1] = REPLY;
    return reply;
  }

  encode({ kind, seq, clockUs }: RoundTrip): Uint8Array {
    requireUint(`${this.#name} number`, seq, 0xffff_ffff);
    requireU64(`${this.#name} clock`, clockUs);
    const bytes = new Uint8Array(ROUND_TRIP_BYTES);
    bytes[0] = this.#mark;
    bytes[1] = kind === "request" ? REQUEST : REPLY;
    writeU32(bytes, 2, seq);
    writeU64(bytes, 6, clockUs);
    return bytes;
  }

  /** Throws WireError for anything that does not match. */
  decode(bytes: Uint8Array): RoundTrip {
    if (bytes.length < ROUND_TRIP_BYTES) {
      throw new WireError("truncated", `Cannot parse ${this.#name}: cut off`);
    }
    if (bytes.length > ROUND_TRIP_BYTES) {
      throw new WireError("too_large", `Cannot parse ${this.#name}: too long`);
    }
    if (!this.matches(bytes)) {
      throw new WireError("malformed", `Cannot parse ${this.#name}: wrong first byte or kind`);
    }
    return {
      kind: this.isRequest(bytes) ? "request" : "reply",
      seq: readU32(bytes, 2),
      clockUs: readU64(bytes, 6),
    };
  }
}
