/** What can be wrong with the file of a registry. */
import { reasonOf } from "../relay/ports/start_error.ts";

export type StoreTroubleKind =
  /** It holds what no registry wrote. */
  | "damaged"
  /** A later version of this program wrote it. */
  | "newer"
  /** It cannot be read or written just now. */
  | "unavailable";

export class StoreTrouble extends Error {
  override readonly name = "StoreTrouble";
  readonly kind: StoreTroubleKind;

  /** `message` goes on after "The registry file ...: ". */
  constructor(kind: StoreTroubleKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

const CORRUPT = 11;
const NOT_A_DATABASE = 26;
/** The binding gives no code for what fails while a statement is prepared. */
const DAMAGED = /malformed|not a database|no such (?:table|column)|has no column|already exists/;

/** What SQLite or the system threw, in our words. */
export function troubleOf(error: unknown): StoreTrouble {
  if (error instanceof StoreTrouble) return error;
  const message = reasonOf(error);
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  const damaged = code === CORRUPT || code === NOT_A_DATABASE || DAMAGED.test(message);
  return new StoreTrouble(damaged ? "damaged" : "unavailable", message);
}
