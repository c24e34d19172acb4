/** What a fingerprint from outside may look like: it is used verbatim as a key, so nearly anything could be one. */

/** Longer than any fingerprint in use (39 characters), for services with names of their own. */
export const MAX_FINGERPRINT_LENGTH = 128;

/** Whether this may be used as a fingerprint: visible ASCII, no white space, not empty, not long. */
export function isFingerprintText(text: string): boolean {
  return text.length <= MAX_FINGERPRINT_LENGTH && /^[\x21-\x7e]+$/.test(text);
}
