/** Reads a page of Prometheus text strictly, for tests: what this refuses, a scraper might refuse. */

/** A family as the page shows it. */
export interface PageFamily {
  readonly help: string;
  readonly type: string;
  /** In order; the name is that of the family with `_bucket`, `_sum` or `_count` behind it for histograms. */
  readonly samples: PageSample[];
}

export interface PageSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const HEAD = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/s;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/s;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,(?!$)|$)/y;

/** The families by name, in the order of the page. Throws when the page breaks a rule of the format. */
export function readPage(page: string): Map<string, PageFamily> {
  if (!page.endsWith("\n")) throw new Error("The page does not end with its last line");
  const families = new Map<string, PageFamily>();
  const seen = new Set<string>();
  const lines = page.slice(0, -1).split("\n");
  let name = "";
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const head = HEAD.exec(line);
    if (head !== null) {
      const type = HEAD.exec(lines[++at] ?? "");
      if (head[1] !== "HELP" || type?.[1] !== "TYPE" || type[2] !== head[2]) {
        throw new Error(`Not a help and a type of one family: ${line}`);
      }
      name = head[2]!;
      if (families.has(name)) throw new Error(`${name} is there twice`);
      families.set(name, { help: unescape(head[3]!), type: type[3]!, samples: [] });
      continue;
    }
    const sample = readSample(line);
    const family = families.get(name);
    const suffix = sample.name.slice(name.length);
    const suffixes = family?.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    if (!sample.name.startsWith(name) || !suffixes.includes(suffix)) {
      throw new Error(`Not a sample of ${name}: ${line}`);
    }
    const series = line.slice(0, line.lastIndexOf(" "));
    if (seen.has(series)) throw new Error(`${series} is there twice`);
    seen.add(series);
    family!.samples.push(sample);
  }
  return families;
}

/** The value of a sample, found by the labels it has; undefined when there is none. */
export function valueOf(
  families: ReadonlyMap<string, PageFamily>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const family = families.get(name.replace(/_(?:bucket|sum|count)$/, "")) ?? families.get(name);
  return family?.samples.find((sample) =>
    sample.name === name &&
    Object.keys(sample.labels).length === Object.keys(labels).length &&
    Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
  )?.value;
}

function readSample(line: string): PageSample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new Error(`Not a sample: ${line}`);
  const [, name, inside, number] = match;
  const value = number === "+Inf" ? Infinity : Number(number);
  if (Number.isNaN(value)) throw new Error(`Not a number: ${line}`);
  const labels: Record<string, string> = Object.create(null);
  LABEL.lastIndex = 0;
  for (let at = 0; inside !== undefined && at < inside.length; at = LABEL.lastIndex) {
    const label = LABEL.exec(inside);
    if (label === null || label[1]! in labels) throw new Error(`Not labels: ${line}`);
    labels[label[1]!] = unescape(label[2]!);
  }
  return { name: name!, labels, value };
}

function unescape(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, letter: string) => letter === "n" ? "\n" : letter);
}
