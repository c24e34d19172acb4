/** Makes names fit to be shown. */

/** What is not visible, and `|`, which separates a name from an address in lists of relays. */
const UNWANTED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}|]/gu;

/** A name that another relay gave, as it may be shown: visible, on one line, not long. */
export function cleanName(text: string, maxLength = 64): string {
  // Bounded before and after: what is cleaned may be a megabyte, and cutting may halve a character.
  return text.slice(0, 4 * maxLength).replace(UNWANTED, "").slice(0, maxLength).toWellFormed();
}
