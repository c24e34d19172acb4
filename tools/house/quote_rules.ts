/**
 * The rule for messages that documents quote: the program can say them. Quoted are log lines and lines of
 * `wzp-relay:` in fenced blocks, and the code in the first column of tables headed "you see"; `...` stands for anything.
 */
import type { Problem } from "./rules.ts";

/** Words of the operating system and of the QUIC library, which stand in no source of ours. */
const FOREIGN = [
  "Cannot assign requested address",
  "peer doesn't support any known protocol",
  "the cryptographic handshake failed: error 48: invalid peer certificate: UnknownIssuer",
];

/** Every quoted message that no text in the sources can make. */
export function quoteBreaches(path: string, document: string, known: Messages): Problem[] {
  return quotesIn(document)
    .filter(({ text }) => !known.has(text))
    .map(({ text, line }) => ({ path, line, message: `nothing says "${text}"` }));
}

interface Quote {
  readonly text: string;
  readonly line: number;
}

const LOG_LINE = /^(?:\d{4}-\S+ +)?(?:ERROR|WARN|INFO|DEBUG) +[a-z_]+: +(.+)$/;
const SENTENCE = /^wzp-relay(?: client)?: (.+)$/;
/** What the relay logs for the configuration of others. */
const TOML = /^(?:\[\[\w+\]\]$|\w+ = )/;
const LOGFMT = /\bmsg="?([^"]+)"/;

function quotesIn(document: string): Quote[] {
  const quotes: Quote[] = [];
  let fenced = false;
  let inTable = false;
  for (const [index, raw] of document.split("\n").entries()) {
    const line = index + 1;
    const text = raw.trim();
    if (text.startsWith("```")) fenced = !fenced;
    else if (fenced) {
      const found = LOG_LINE.exec(text) ?? SENTENCE.exec(text) ?? LOGFMT.exec(text);
      if (found !== null && !TOML.test(found[1]!)) quotes.push({ text: found[1]!, line });
    } else {
      inTable = text.startsWith("|") && (inTable || /^\| you see +\|/.test(text));
      const cell = inTable ? /^\|((?:[^|`]|`[^`]*`)*)\|/.exec(text)?.[1] ?? "" : "";
      for (const [, span = ""] of cell.matchAll(/`([^`]+)`/g)) quotes.push({ text: span, line });
    }
  }
  return quotes;
}

/** Stands for `${...}` in the text of a template. */
const GAP = "\0";
/** A text with fewer letters of its own, such as `${a}: ${b}`, would make anything. */
const MIN_LETTERS = 6;

/** What the program can say, by the texts in its sources. */
export class Messages {
  readonly #texts: readonly string[];
  readonly #patterns: readonly RegExp[];

  constructor(sources: Iterable<string>) {
    this.#texts = [...new Set([...FOREIGN, ...[...sources].flatMap(textsIn)])]
      .filter((text) => letters(text) >= MIN_LETTERS);
    this.#patterns = this.#texts.flatMap(beginnings).map(patternOf);
  }

  /** Whether the quote, or each part of it between `...`, is a part of a text or a text with its gaps filled. */
  has(quote: string): boolean {
    return this.#made(quote.replaceAll("...", "x")) ||
      quote.split("...").every((part) => this.#made(part.replace(/^[\s.,:;]+|[\s:]+$/g, "")));
  }

  #made(part: string): boolean {
    if (isValue(part) || this.#texts.some((text) => text.includes(part))) return true;
    if (this.#fits(part)) return true;
    // `file:7: ` and fields after a log message belong to no text, nor does the key before what is wrong with it.
    const inner = /^[\w./~-]*[_./:][\w./:~-]* (.+)$/.exec(part)?.[1] ??
      /^(.+?)(?: \w+=(?:"[^"]*"|\S*))+$/.exec(part)?.[1] ??
      /^\w+="(.+)"?$/.exec(part)?.[1]?.replace(/"$/, "");
    if (inner !== undefined) return this.#made(inner);
    const rest = /^[a-z][\w.[\]]* (.+)$/.exec(part)?.[1];
    return rest !== undefined && (this.#texts.includes(rest) || this.#fits(rest));
  }

  #fits(part: string): boolean {
    return this.#patterns.some((pattern) => {
      const gaps = pattern.exec(part)?.slice(1);
      return gaps?.every((gap) => gap.length < part.length && this.#made(gap)) ?? false;
    });
  }
}

/** What fills a gap by itself: one word, or something in quotes. */
function isValue(text: string): boolean {
  return /^(?:\S*|"[^"]*")$/.test(text);
}

const QUOTED = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/.source;
const HOLE = /\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}/.source;
const LITERAL = `(?:${QUOTED}|\`(?:[^\`\\\\$]|\\\\.|\\$(?!\\{)|${HOLE})*\`)`;
/** Literals that are added up are one text. */
const SUM = new RegExp(`${LITERAL}(?:\\s*\\+\\s*${LITERAL})*`, "g");

/** The texts of a source file; those inside the holes of templates too. */
function textsIn(source: string): string[] {
  const code = source.replace(/^\s*(?:\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(SUM)].flatMap(([sum]) => {
    const literals = sum.match(new RegExp(LITERAL, "g")) ?? [];
    const inner = literals.flatMap((each) => each.match(new RegExp(HOLE, "g")) ?? [])
      .flatMap((hole) => textsIn(hole.slice(2, -1)));
    return [literals.map(textOf).join(""), ...inner];
  });
}

function textOf(literal: string): string {
  const text = literal.slice(1, -1);
  return (literal.startsWith("`") ? text.replace(new RegExp(HOLE, "g"), GAP) : text)
    .replace(/\\(["'`\\$])/g, "$1");
}

/** The text and what of it ends with a gap, since a quote may end early; without gaps there is nothing to fill. */
function beginnings(text: string): string[] {
  if (!text.includes(GAP)) return [];
  const parts = text.split(GAP);
  const early = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(GAP) + GAP);
  return [text, ...early.filter((each) => letters(each) >= MIN_LETTERS)];
}

function patternOf(text: string): RegExp {
  const fixed = text.split(GAP).map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${fixed.join("(.*?)")}$`);
}

function letters(text: string): number {
  return text.replace(/[^a-zA-Z]/g, "").length;
}
