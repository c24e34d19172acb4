/** The name a client wants to be shown by: text from the network that others print. */

/** Long enough for any name; lists of participants stay small. */
export const MAX_ALIAS_LENGTH = 64;

/** Cuts an alias to its greatest length, in UTF-16 units, without leaving half a character at its end. */
export function boundedAlias(alias: string | null): string | null {
  if (alias === null || alias.length <= MAX_ALIAS_LENGTH) return alias;
  const last = alias.charCodeAt(MAX_ALIAS_LENGTH - 1);
  const splits = last >= 0xd800 && last < 0xdc00;
  return alias.slice(0, splits ? MAX_ALIAS_LENGTH - 1 : MAX_ALIAS_LENGTH);
}
