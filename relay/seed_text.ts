/** The content of an identity file: the seed as 64 hex digits. */

const SEED_BYTES = 32;

/** 64 lower-case hex digits. */
export function formatSeed(seed: Uint8Array): string {
  return seed.toHex();
}

/** Reads what `formatSeed` wrote; white space around it and upper case are accepted. */
export function parseSeed(text: string): Uint8Array {
  const digits = text.trim();
  const reason = digits.length === 0
    ? "it is empty"
    : digits.length !== 2 * SEED_BYTES
    ? `it has ${digits.length} characters, not ${2 * SEED_BYTES}`
    : /^[0-9a-f]+$/i.test(digits)
    ? undefined
    : `character ${digits.search(/[^0-9a-f]/i) + 1} is not a hex digit`;
  if (reason !== undefined) throw new RangeError(`Cannot parse the seed: ${reason}`);
  return Uint8Array.fromHex(digits);
}
