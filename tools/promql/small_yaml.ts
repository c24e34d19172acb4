/** Reads the small part of YAML that docs/alerts.yml is written in, and refuses everything else. */

/** Scalars are texts. */
export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

const KEY = /^([a-zA-Z_][\w-]*):(?: (.*))?$/;
/** Begins something else in YAML, or holds what ends a plain text. */
const NOT_PLAIN = /^[\s!&*?|>%@`"'#{}\[\],-]|: |:$| #|\s$/;

/** Mappings, lists, plain and double-quoted texts, and folded blocks (`>-`). Throws with the line that is none of it. */
export function readSmallYaml(text: string): Yaml {
  const lines: Line[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const number = index + 1;
    if (/\t/.test(line)) throw wrong(number, "has a tab");
    if (/^\s*(?:#.*)?$/.test(line)) continue;
    const indent = line.search(/\S/);
    lines.push({ number, indent, text: line.slice(indent) });
  }
  const reader = new Reader(lines);
  const value = reader.block(0);
  reader.end();
  return value;
}

class Reader {
  readonly #lines: Line[];
  #at = 0;

  constructor(lines: Line[]) {
    this.#lines = lines;
  }

  block(indent: number): Yaml {
    const first = this.#lines[this.#at];
    if (first === undefined || first.indent !== indent) {
      throw wrong(first?.number ?? 0, `is not indented by ${indent}`);
    }
    return first.text.startsWith("- ") ? this.#list(indent) : this.#mapping(indent);
  }

  end(): void {
    const left = this.#lines[this.#at];
    if (left !== undefined) throw wrong(left.number, "is indented less than what it belongs to");
  }

  #list(indent: number): Yaml[] {
    const items: Yaml[] = [];
    for (let line = this.#line(indent); line?.text.startsWith("- "); line = this.#line(indent)) {
      // What stands behind the dash is a block of its own, further in.
      const inner = { ...line, indent: indent + 2, text: line.text.slice(2) };
      if (KEY.test(inner.text)) {
        this.#lines[this.#at] = inner;
        items.push(this.#mapping(indent + 2));
      } else {
        items.push(scalar(inner.text, line.number));
        this.#at += 1;
      }
    }
    return items;
  }

  #mapping(indent: number): Yaml {
    const values: Record<string, Yaml> = Object.create(null);
    for (let line = this.#line(indent); line !== undefined; line = this.#line(indent)) {
      const [, key, rest] = KEY.exec(line.text) ?? [];
      if (key === undefined) break;
      if (key in values) throw wrong(line.number, `has ${key} a second time`);
      this.#at += 1;
      if (rest === ">-") values[key] = this.#folded(indent);
      else if (rest === undefined) values[key] = this.block(indent + 2);
      else values[key] = scalar(rest, line.number);
    }
    return values;
  }

  #folded(indent: number): string {
    const parts: string[] = [];
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.indent <= indent) break;
      if (line.indent !== indent + 2) throw wrong(line.number, "would keep its line break");
      parts.push(line.text);
      this.#at += 1;
    }
    return parts.join(" ");
  }

  #line(indent: number): Line | undefined {
    const line = this.#lines[this.#at];
    return line?.indent === indent ? line : undefined;
  }
}

function scalar(text: string, number: number): string {
  if (/^"(?:[^"\\]|\\["\\n])*"$/.test(text)) return JSON.parse(text);
  if (NOT_PLAIN.test(text)) throw wrong(number, `must be quoted: ${text}`);
  return text;
}

function wrong(line: number, what: string): Error {
  return new Error(`Line ${line} ${what}`);
}
