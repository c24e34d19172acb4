/** The corner of ASN.1 DER that certificates need: one writer function and one bounded reader. */
import { concatBytes } from "./concat_bytes.ts";
import { WireError } from "./errors.ts";

/** Identifier octets of the types certificates are made of. */
export const DerTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Lengths of up to 65,535 bytes are written and read; no certificate of ours or of a peer comes near. */
const MAX_LENGTH = 0xffff;

/** One element: tag, definite length in its shortest form, and the parts one after the other. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length > MAX_LENGTH) {
    throw new RangeError(`A DER element of ${length} bytes is not supported`);
  }
  const header = length < 0x80
    ? [tag, length]
    : length < 0x100
    ? [tag, 0x81, length]
    : [tag, 0x82, length >>> 8, length & 0xff];
  return concatBytes(Uint8Array.from(header), ...parts);
}

/** A non-negative INTEGER from big-endian bytes, in its shortest form. */
export function derUnsigned(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) return der(DerTag.integer, Uint8Array.of(0));
  const digits = bytes.subarray(first);
  const negative = (digits[0] ?? 0) >= 0x80;
  return der(DerTag.integer, new Uint8Array(negative ? 1 : 0), digits);
}

/** Reads elements in order from bytes nobody vouches for; throws `WireError` and nothing else. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Tag of the next element, or undefined at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#offset];
  }

  /** Content of the next element, which must have this tag. */
  read(tag: number): Uint8Array {
    const found = this.#byte();
    if (found !== tag) {
      throw new WireError(
        "malformed",
        `DER tag ${found.toString(16)} where ${tag.toString(16)} is due`,
      );
    }
    const length = this.#length();
    if (length > this.#bytes.length - this.#offset) {
      throw new WireError("truncated", "DER element longer than what surrounds it");
    }
    const start = this.#offset;
    this.#offset += length;
    return this.#bytes.subarray(start, this.#offset);
  }

  /** Reader of the content of the next element, which must be a SEQUENCE. */
  sequence(): DerReader {
    return new DerReader(this.read(DerTag.sequence));
  }

  /** Asserts that nothing is left. */
  end(): void {
    if (this.#offset !== this.#bytes.length) {
      throw new WireError("malformed", "DER element followed by more bytes");
    }
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    if (first === 0x81) {
      const length = this.#byte();
      if (length >= 0x80) return length;
    } else if (first === 0x82) {
      const length = this.#byte() << 8 | this.#byte();
      if (length >= 0x100) return length;
    }
    throw new WireError(
      "malformed",
      "DER length is indefinite, too large or not in its shortest form",
    );
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new WireError("truncated", "DER element ends early");
    this.#offset++;
    return byte;
  }
}
