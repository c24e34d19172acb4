/** What can be fuzzed: a decoder, valid inputs to start from, and a word for each way it can end. */
import { WireError } from "../../proto/errors.ts";

export interface FuzzTarget {
  readonly name: string;
  /** Valid encodings, from which inputs are bred. */
  corpus(): Uint8Array[];
  /**
   * Decodes one input and answers how it ended: an outcome class (`ok`, an error code, a reason), and after a
   * space whatever tells behaviours within the class apart. Throws for anything a decoder must not do.
   */
  run(bytes: Uint8Array): string;
}

/** A target for a decoder that may throw WireError; `describe` checks what it returned and names the outcome. */
export function decoderTarget<T>(
  name: string,
  corpus: () => Uint8Array[],
  decode: (bytes: Uint8Array) => T,
  describe: (value: T, bytes: Uint8Array) => string = () => "ok",
): FuzzTarget {
  return {
    name,
    corpus,
    run(bytes) {
      let value: T;
      try {
        value = decode(bytes);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        return `${error.code} ${error.message.replace(/\d+/g, "#")}`;
      }
      return describe(value, bytes);
    },
  };
}

/** A target for a decoder of text, which sees the bytes as UTF-8. */
export function textTarget<T>(
  name: string,
  corpus: readonly string[],
  decode: (text: string) => T,
  describe?: (value: T) => string,
): FuzzTarget {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return decoderTarget(
    name,
    () => corpus.map((text) => encoder.encode(text)),
    (bytes) => decode(decoder.decode(bytes)),
    describe,
  );
}

/** Throws when something does not hold that must hold for every input. */
export function ensure(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Broken promise: ${what}`);
}

/** True when both arrays hold the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
