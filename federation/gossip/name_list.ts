/** The fingerprints registered at one relay, bounded so that they fit one message. */
import { isFingerprintText } from "../../proto/fingerprint_text.ts";

/** Below the largest message of 1 MiB, with room for what is around the names. */
const MAX_BYTES = 1_000_000;

export interface NameChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export class NameList {
  readonly #names = new Set<string>();
  #bytes = 0;

  get size(): number {
    return this.#names.size;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** In order of adding. */
  all(): Iterable<string> {
    return this.#names;
  }

  /** False when it was there, is no fingerprint, or would be one too many. */
  add(name: string, most: number): boolean {
    if (this.#names.has(name) || this.#names.size >= most || !isFingerprintText(name)) return false;
    const bytes = bytesOf(name);
    if (this.#bytes + bytes > MAX_BYTES) return false;
    this.#names.add(name);
    this.#bytes += bytes;
    return true;
  }

  delete(name: string): boolean {
    if (!this.#names.delete(name)) return false;
    this.#bytes -= bytesOf(name);
    return true;
  }
}

/** As JSON, with a comma. Visible ASCII: only quotes and backslashes grow. */
function bytesOf(name: string): number {
  return JSON.stringify(name).length + 1;
}
