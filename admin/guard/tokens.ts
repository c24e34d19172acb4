/** The tokens that open this server. They are kept as digests, so no dump, log or error can hold one. */
import { createHash, timingSafeEqual } from "node:crypto";

/** What a token may do; who operates may also read. */
export type TokenScope = "read" | "operate";

/** Fewer characters could be guessed; more than fit a header make no sense. */
const TOKEN = /^(?:(read|operate)[ \t]+)?([A-Za-z0-9._~+/=-]{32,512})$/;

export interface TokenDigest {
  readonly scope: TokenScope;
  readonly digest: Uint8Array;
}

export class Tokens {
  readonly digests: readonly TokenDigest[];

  constructor(digests: readonly TokenDigest[]) {
    this.digests = digests;
  }

  /** What the token may do; null for a wrong one. Takes the same time for every token. */
  scopeOf(presented: string): TokenScope | null {
    const digest = digestOf(presented);
    let found: TokenScope | null = null;
    for (const known of this.digests) {
      // No early end: how long it takes says nothing of which token it was.
      const same = timingSafeEqual(known.digest, digest);
      if (same && found !== "operate") found = known.scope;
    }
    return found;
  }
}

/**
 * Reads the text of a token file: a token on each line, for operating, or only for reading with `read` before it.
 * Empty lines and `#` are skipped. Answers a reason, which never quotes the file, when it cannot be read.
 */
export function parseTokens(text: string): Tokens | { readonly problem: string } {
  const tokens: TokenDigest[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.trim();
    if (words === "" || words.startsWith("#")) continue;
    const [, scope = "operate", token] = TOKEN.exec(words) ?? [];
    if (token === undefined) {
      return { problem: `line ${index + 1} is not a token of at least 32 letters and digits` };
    }
    tokens.push({ scope: scope as TokenScope, digest: digestOf(token) });
  }
  return tokens.length === 0 ? { problem: "there is no token in it" } : new Tokens(tokens);
}

function digestOf(token: string): Uint8Array {
  return createHash("sha256").update(token).digest();
}
