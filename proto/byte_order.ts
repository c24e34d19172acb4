/** Big-endian integers in a byte array, without a DataView: these run per packet and must not allocate. */

/** The unsigned 16-bit integer at `at`. The caller has checked the length. */
export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** The unsigned 32-bit integer at `at`. The caller has checked the length. */
export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>>
    0;
}

/** The unsigned 64-bit integer at `at`, for clocks that must come back unchanged. */
export function readU64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(readU32(bytes, at)) << 32n) | BigInt(readU32(bytes, at + 4));
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export function writeU64(bytes: Uint8Array, at: number, value: bigint): void {
  writeU32(bytes, at, Number(value >> 32n));
  writeU32(bytes, at + 4, Number(value & 0xffff_ffffn));
}

/** Throws RangeError unless `value` is an integer from 0 to `max`: encoders refuse instead of wrapping. */
export function requireUint(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw new RangeError(`Cannot encode ${name}: ${value} is not an integer from 0 to ${max}`);
  }
}

/** Throws RangeError unless `value` fits an unsigned 64-bit integer. */
export function requireU64(name: string, value: bigint): void {
  if (value < 0n || value > 0xffff_ffff_ffff_ffffn) {
    throw new RangeError(`Cannot encode ${name}: ${value} does not fit 64 bits`);
  }
}
