/** What clients say of themselves in call signals, cut to a size worth keeping and passing on. */

/** Where a party can be reached directly; the texts mean nothing to the relay. */
export interface Contact {
  readonly reflexive: string | null;
  readonly local: readonly string[];
}

export const NO_CONTACT: Contact = { reflexive: null, local: [] };

/** A bracketed IPv6 address with scope and port has at most 64 characters. */
const MAX_ADDRESS_LENGTH = 64;
/** More interfaces than a machine that makes calls has. */
const MAX_LOCAL_ADDRESSES = 32;
/** More than a list of callers shows. */
const MAX_ALIAS_CHARACTERS = 64;

/** Without what is too long to be an address. */
export function boundedContact(reflexive: string | null, local: readonly string[]): Contact {
  const fits = (address: string) => address.length <= MAX_ADDRESS_LENGTH;
  return {
    reflexive: reflexive !== null && fits(reflexive) ? reflexive : null,
    local: local.filter(fits).slice(0, MAX_LOCAL_ADDRESSES),
  };
}

/** The first characters of an alias; null when there are none. */
export function boundedAlias(alias: string | null): string | null {
  if (alias === null || alias === "") return null;
  // A character has at most two units, so a huge alias is not taken apart as a whole.
  const characters = Array.from(alias.slice(0, 2 * MAX_ALIAS_CHARACTERS));
  return characters.slice(0, MAX_ALIAS_CHARACTERS).join("").toWellFormed();
}
