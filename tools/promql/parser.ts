/** Parses PromQL as Prometheus does; what an expression means and whether its metrics exist is looked at elsewhere. */
import { FUNCTIONS } from "./functions.ts";
import {
  AGGREGATIONS,
  COMPARISONS,
  type Expression,
  type Grouping,
  type Matcher,
  type Matching,
  PRECEDENCE,
  type Selector,
  SET_OPERATORS,
} from "./syntax.ts";
import { milliseconds, PromqlError, type Token, tokensOf } from "./tokens.ts";

/** The expression, whole. Throws `PromqlError`. */
export function parsePromql(text: string): Expression {
  return new Parser(tokensOf(text)).whole();
}

/** Words that cannot be the name of a metric or a label list's owner. */
const KEYWORDS = ["and", "or", "unless", "atan2", "by", "without", "on", "ignoring", "group_left"]
  .concat("group_right", "bool", "offset");
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#binary(0);
    if (this.#next.kind !== "end") throw this.#unexpected("an operator");
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #binary(level: number): Expression {
    const operators = PRECEDENCE[level];
    if (operators === undefined) return this.#signed();
    let left = this.#binary(level + 1);
    while (this.#isOperator(operators)) {
      const operator = this.#take().text.toLowerCase();
      const bool = this.#skipWord("bool");
      if (bool && !COMPARISONS.includes(operator)) {
        throw new PromqlError(`bool stands behind ${operator}, which compares nothing`);
      }
      const matching = this.#matching(operator);
      // Only the power binds to the right.
      const right = operator === "^" ? this.#binary(level) : this.#binary(level + 1);
      left = { kind: "binary", operator, left, right, bool, matching };
    }
    return left;
  }

  #isOperator(operators: readonly string[]): boolean {
    const { kind, text } = this.#next;
    return (kind === "symbol" || kind === "word") && operators.includes(text.toLowerCase());
  }

  #matching(operator: string): Matching | null {
    const kind = this.#skipWord("on") ? "on" : this.#skipWord("ignoring") ? "ignoring" : null;
    if (kind === null) return null;
    const labels = this.#labels();
    const many = this.#skipWord("group_left")
      ? "left"
      : this.#skipWord("group_right")
      ? "right"
      : null;
    if (many !== null && SET_OPERATORS.includes(operator)) {
      throw new PromqlError(`${operator} cannot be grouped`);
    }
    const include = many !== null && this.#is("(") ? this.#labels() : [];
    return { kind, labels, many, include };
  }

  /** A sign binds looser than the power and tighter than everything else. */
  #signed(): Expression {
    if (this.#skip("-") || this.#skip("+")) {
      const of = this.#binary(PRECEDENCE.length - 1);
      return { kind: "sign", of };
    }
    return this.#modified(this.#primary());
  }

  #primary(): Expression {
    const token = this.#next;
    if (token.kind === "number") return { kind: "number", value: Number(this.#take().text) };
    if (token.kind === "string") return { kind: "string", value: this.#take().text };
    if (this.#skip("(")) {
      const inside = this.#binary(0);
      this.#expect(")");
      return inside;
    }
    if (this.#is("{")) return this.#selector("");
    if (token.kind !== "word" || KEYWORDS.includes(token.text.toLowerCase())) {
      throw this.#unexpected("a value");
    }
    this.#take();
    const word = token.text.toLowerCase();
    if (word === "inf" || word === "nan") {
      return { kind: "number", value: word === "inf" ? Infinity : NaN };
    }
    const called = this.#is("(") || this.#isOperator(["by", "without"]);
    if (Object.hasOwn(AGGREGATIONS, word) && called) return this.#aggregation(word);
    if (this.#is("(")) return this.#call(token);
    return this.#selector(token.text);
  }

  #aggregation(name: string): Expression {
    const before = this.#grouping();
    const args = this.#args();
    const grouping = before ?? this.#grouping();
    const wanted = AGGREGATIONS[name] === null ? 1 : 2;
    if (args.length !== wanted) {
      throw new PromqlError(`${name} takes ${wanted} arguments and has ${args.length}`);
    }
    const parameter = wanted === 2 ? args[0]! : null;
    return { kind: "aggregation", name, parameter, of: args.at(-1)!, grouping };
  }

  #grouping(): Grouping | null {
    const kind = this.#skipWord("by") ? "by" : this.#skipWord("without") ? "without" : null;
    return kind === null ? null : { kind, labels: this.#labels() };
  }

  #call({ text: name, at }: Token): Expression {
    if (!Object.hasOwn(FUNCTIONS, name)) throw new PromqlError(`Unknown function ${name} at ${at}`);
    return { kind: "call", name, args: this.#args() };
  }

  #args(): Expression[] {
    const args: Expression[] = [];
    this.#expect("(");
    while (!this.#skip(")")) {
      if (args.length > 0) this.#expect(",");
      args.push(this.#binary(0));
    }
    return args;
  }

  #selector(metric: string): Selector {
    const matchers: Matcher[] = [];
    if (this.#skip("{")) {
      while (!this.#skip("}")) {
        matchers.push(this.#matcher());
        if (!this.#is("}")) this.#expect(",");
      }
    }
    if (metric === "" && !matchers.some(refusesEmpty)) {
      throw new PromqlError("A selector without a name needs a matcher that not everything meets");
    }
    return { kind: "selector", metric, matchers, range: null };
  }

  #matcher(): Matcher {
    const label = this.#label();
    const operator = this.#take().text as Matcher["operator"];
    if (!["=", "!=", "=~", "!~"].includes(operator)) {
      throw new PromqlError(`${operator} does not match labels`);
    }
    if (this.#next.kind !== "string") throw this.#unexpected("a string");
    const { text: value, at } = this.#take();
    if (operator.endsWith("~")) checkPattern(value, at);
    return { label, operator, value };
  }

  /** `[5m]`, `[1h:5m]`, `offset 5m` and `@ 12` behind a value, as they come. */
  #modified(value: Expression): Expression {
    let modified = value;
    let moved = false;
    for (;;) {
      if (this.#is("[")) {
        modified = this.#ranged(modified, moved);
        moved = false;
        continue;
      }
      const toMoment = this.#skip("@");
      if (!toMoment && !this.#skipWord("offset")) return modified;
      if (modified.kind !== "selector" && modified.kind !== "subquery") {
        throw new PromqlError("offset and @ move selectors and subqueries only");
      }
      moved = true;
      if (toMoment) this.#moment();
      else this.#offset();
    }
  }

  #ranged(value: Expression, moved: boolean): Expression {
    const { at } = this.#take();
    const range = this.#duration();
    if (this.#skip(":")) {
      if (this.#next.kind === "duration") this.#duration();
      this.#expect("]");
      return { kind: "subquery", of: value };
    }
    this.#expect("]");
    if (value.kind !== "selector" || value.range !== null || moved) {
      throw new PromqlError(`A range at ${at} that does not stand behind a selector`);
    }
    return { ...value, range };
  }

  #offset(): void {
    this.#skip("-");
    this.#duration();
  }

  #moment(): void {
    const { kind, text } = this.#take();
    if (kind === "number") return;
    if (text !== "start" && text !== "end") throw new PromqlError(`${text} is no moment`);
    this.#expect("(");
    this.#expect(")");
  }

  #duration(): number {
    const { kind, text, at } = this.#take();
    if (kind !== "duration") throw new PromqlError(`${text} at ${at} is no duration`);
    const length = milliseconds(text, at);
    if (length === 0) throw new PromqlError(`${text} at ${at} is nothing`);
    return length;
  }

  #labels(): string[] {
    const labels: string[] = [];
    this.#expect("(");
    while (!this.#skip(")")) {
      labels.push(this.#label());
      if (!this.#is(")")) this.#expect(",");
    }
    return labels;
  }

  #label(): string {
    const { kind, text, at } = this.#take();
    if (kind !== "word" || !LABEL.test(text)) {
      throw new PromqlError(`${text} at ${at} is no name of a label`);
    }
    return text;
  }

  #skipWord(word: string): boolean {
    const { kind, text } = this.#next;
    if (kind !== "word" || text.toLowerCase() !== word) return false;
    this.#at += 1;
    return true;
  }

  #is(symbol: string): boolean {
    return this.#next.kind === "symbol" && this.#next.text === symbol;
  }

  #skip(symbol: string): boolean {
    if (!this.#is(symbol)) return false;
    this.#at += 1;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#skip(symbol)) throw this.#unexpected(symbol);
  }

  /** The last token stays, so there always is a next one. */
  #take(): Token {
    const token = this.#next;
    if (token.kind !== "end") this.#at += 1;
    return token;
  }

  #unexpected(wanted: string): PromqlError {
    return new PromqlError(`${this.#next.text} at ${this.#next.at} where ${wanted} belongs`);
  }
}

function refusesEmpty({ operator, value }: Matcher): boolean {
  if (operator === "=") return value !== "";
  if (operator === "!=") return value === "";
  return new RegExp(`^(?:${value})$`).test("") === (operator === "!~");
}

/** RE2 knows no looking around and no back references; the rest is the same for what is written here. */
function checkPattern(pattern: string, at: number): void {
  try {
    new RegExp(`^(?:${pattern})$`);
  } catch {
    throw new PromqlError(`The pattern at ${at} is none: ${pattern}`);
  }
  if (/\(\?(?:[=!]|<[=!])|\\[1-9]/.test(pattern)) {
    throw new PromqlError(`The pattern at ${at} looks around or back, which RE2 cannot`);
  }
}
