/** The words of a PromQL expression. */

/** Names what is wrong with an expression and where. */
export class PromqlError extends Error {
  override readonly name = "PromqlError";
}

export type TokenKind = "number" | "duration" | "string" | "word" | "symbol" | "end";

export interface Token {
  readonly kind: TokenKind;
  /** As written; of a string what it means. */
  readonly text: string;
  /** Where it begins. */
  readonly at: number;
}

/** Milliseconds in a unit of a duration. */
const UNITS = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5, y: 31_536e6 };

const SPACE = /(?:\s|#[^\n]*)*/y;
const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  // Before numbers, of which `5m` begins with one.
  ["duration", /(?:\d+(?:ms|[smhdwy]))+(?![\w.])/y],
  ["number", /(?:0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.])/y],
  ["word", /[a-zA-Z_][a-zA-Z0-9_:]*/y],
  ["string", /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`/y],
  ["symbol", /==|!=|<=|>=|=~|!~|[-+*/%^(){}\[\],=<>@:]/y],
];

/** The tokens in order, the last of kind `end`. Throws `PromqlError`. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = skip(text, 0); at < text.length;) {
    const token = tokenAt(text, at);
    tokens.push(token);
    at = skip(text, at + token.text.length);
  }
  const last = { kind: "end", text: "the end", at: text.length } as const;
  return [...tokens, last].map((token) =>
    token.kind === "string" ? { ...token, text: unquote(token) } : token
  );
}

/** A duration as `1h30m` in milliseconds; each unit once, the larger before the smaller. */
export function milliseconds(duration: string, at: number): number {
  let sum = 0;
  let above = Infinity;
  for (const [, number, unit] of duration.matchAll(/(\d+)(ms|[smhdwy])/g)) {
    const factor = UNITS[unit as keyof typeof UNITS];
    if (factor >= above) throw new PromqlError(`${duration} at ${at} is not in order`);
    above = factor;
    sum += Number(number) * factor;
  }
  return sum;
}

function skip(text: string, at: number): number {
  SPACE.lastIndex = at;
  SPACE.exec(text);
  return SPACE.lastIndex;
}

function tokenAt(text: string, at: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) return { kind, text: match[0], at };
  }
  throw new PromqlError(`Cannot read ${JSON.stringify(text.slice(at, at + 12))} at ${at}`);
}

/** Of the escapes of Go those that somebody writes. */
function unquote({ text, at }: Token): string {
  const inside = text.slice(1, -1);
  if (text.startsWith("`")) return inside;
  return inside.replace(/\\(.)/g, (_, letter: string) => {
    const meant: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
    if (/[\\"']/.test(letter)) return letter;
    const character = meant[letter];
    if (character === undefined) throw new PromqlError(`Unknown escape \\${letter} at ${at}`);
    return character;
  });
}
