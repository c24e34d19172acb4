/** The rules for documents: what they name exists. Links and paths everywhere, flags and keys for operators. */
import type { Problem } from "./rules.ts";

/** What documents may name. */
export interface Nameable {
  /** Every file of the repository, and every folder with `/` at its end. */
  readonly paths: ReadonlySet<string>;
  /** Flags by program, as programs are called in command lines. */
  readonly flags: ReadonlyMap<string, ReadonlySet<string>>;
  /** Configuration keys, metrics and their label values. */
  readonly keys: ReadonlySet<string>;
  readonly variables: ReadonlySet<string>;
}

/** Documents in which flags, variables and keys are checked: those an operator copies from. */
export const OPERATOR_DOCUMENTS = ["README.md", "docs/operator-guide.md"];

/** A piece of code in a document: an inline span, or one line of a fenced block. */
interface Code {
  readonly text: string;
  readonly line: number;
  /** What follows the opening fence; null for an inline span. */
  readonly fence: string | null;
}

/** Everything wrong in these documents (text by path), in order of path and line. */
export function documentBreaches(
  documents: ReadonlyMap<string, string>,
  names: Nameable,
): Problem[] {
  const problems: Problem[] = [];
  for (const [path, text] of [...documents].sort(([a], [b]) => a < b ? -1 : 1)) {
    const { prose, code } = dissect(text);
    const found = [
      ...linkBreaches(path, prose, documents, names),
      ...code.flatMap((piece) => pathBreaches(piece, names)),
      ...OPERATOR_DOCUMENTS.includes(path)
        ? code.flatMap((piece) => [
          ...flagBreaches(piece, names),
          ...variableBreaches(piece, names),
          ...keyBreaches(piece, names),
        ])
        : [],
    ];
    problems.push(...found.sort((a, b) => a.line - b.line).map((each) => ({ path, ...each })));
  }
  return problems;
}

type Breach = Omit<Problem, "path">;

/** Code apart from prose; in the prose, code is blank, so that lines keep their numbers. */
function dissect(text: string): { prose: string; code: Code[] } {
  const code: Code[] = [];
  let fence: string | null = null;
  const outside = text.split("\n").map((line, index) => {
    const mark = /^\s*```(\S*)/.exec(line);
    if (mark !== null) fence = fence === null ? mark[1]! : null;
    else if (fence !== null) code.push({ text: line, line: index + 1, fence });
    else return line;
    return "";
  }).join("\n");
  const prose = outside.replace(/`([^`\n]+(?:\n[^`\n]+)?)`/g, (span, inner: string, at: number) => {
    const line = outside.slice(0, at).split("\n").length;
    code.push({ text: inner.replace(/\s+/g, " "), line, fence: null });
    return span.replace(/[^\n]/g, " ");
  });
  return { prose, code };
}

const LINK = /\[[^\]]*\]\(([^()\s]+)\)/g;

function linkBreaches(
  path: string,
  prose: string,
  documents: ReadonlyMap<string, string>,
  names: Nameable,
): Breach[] {
  const problems: Breach[] = [];
  for (const { 1: link = "", index } of prose.matchAll(LINK)) {
    if (/^[a-z]+:/.test(link)) continue;
    const line = prose.slice(0, index).split("\n").length;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : new URL(file, `file:///${path}`).pathname.slice(1);
    if (!exists(target, names)) {
      problems.push({ line, message: `link to ${link}: there is no ${target}` });
    } else if (anchor !== undefined && !anchorsOf(documents.get(target) ?? "").has(anchor)) {
      problems.push({ line, message: `link to ${link}: no such heading` });
    }
  }
  return problems;
}

/** Headings as the hosting sites make anchors of them. */
function anchorsOf(text: string): Set<string> {
  const headings = text.matchAll(/^#{1,6} +(.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N}_ -]/gu, "").trim().replaceAll(" ", "-")
    ),
  );
}

/** Several names with slashes between, or a folder. */
const PATH = /^(?:\.\/)?(?:[\w.-]+\/)+[\w.-]*$/;
const FILE = /^[\w.-]+\.(?:ts|md|sh|mjs|json)$/;
/** Made by the build, not part of the repository. */
const BUILT = /^(?:wzp-relay|build|node_modules)(?:\/|$)/;

/** A span that is a path must exist; of a command, the words that begin with a folder of ours. */
function pathBreaches({ text, line, fence }: Code, names: Nameable): Breach[] {
  if (fence === null && FILE.test(text)) {
    return [...names.paths].some((path) => path === text || path.endsWith(`/${text}`))
      ? []
      : [{ line, message: `there is no file ${text}` }];
  }
  const whole = fence === null && PATH.test(text);
  const words = whole ? [text] : text.split(/\s+/).filter((word) => {
    const [first = ""] = word.replace(/^\.\//, "").split("/", 1);
    return PATH.test(word) && names.paths.has(`${first}/`);
  });
  return words
    .map((word) => word.replace(/^\.\//, ""))
    .filter((path) => !BUILT.test(path) && !exists(path, names))
    .map((path) => ({ line, message: `there is no ${path}` }));
}

function exists(path: string, { paths }: Nameable): boolean {
  return paths.has(path) || paths.has(`${path}/`);
}

const FLAG = /(?<![\w-])--[a-z][a-z0-9-]*/g;

/** A flag belongs to the last program of ours before it; alone it may be of any; those of other programs pass. */
function flagBreaches({ text, line, fence }: Code, { flags }: Nameable): Breach[] {
  const problems: Breach[] = [];
  for (const { 0: flag, index } of text.matchAll(FLAG)) {
    const program = lastProgram(text.slice(0, index), [...flags.keys()]);
    if (program !== null) {
      if (flags.get(program)!.has(flag)) continue;
      problems.push({ line, message: `${program} does not have ${flag}` });
    } else if (fence === null && text.startsWith("--")) {
      if ([...flags.values()].some((each) => each.has(flag))) continue;
      problems.push({ line, message: `no program of ours has ${flag}` });
    }
  }
  return problems;
}

/** The program named last; `wzp-relay client` is another one than `wzp-relay`. */
function lastProgram(text: string, programs: readonly string[]): string | null {
  const places = programs.map((name) => ({ name, at: endOfLast(text, name) }));
  const [last] = places.filter(({ at }) => at >= 0).sort((a, b) => b.at - a.at);
  return last?.name ?? null;
}

/** Where the last mention of a program as a word of its own ends; -1 without one. */
function endOfLast(text: string, name: string): number {
  const words = text.split(name);
  for (let end = text.length - words.pop()!.length; words.length > 0; words.pop()) {
    const begin = end - name.length;
    if (/^[\s"]/.test(text.slice(end)) && /(?:^|[\s"\/])$/.test(text.slice(0, begin))) return end;
    end = begin - words.at(-1)!.length;
  }
  return -1;
}

function variableBreaches({ text, line }: Code, { variables }: Nameable): Breach[] {
  return [...text.matchAll(/\bWZP_[A-Z0-9_]*[A-Z0-9]\b/g)]
    .filter(([variable]) => !variables.has(variable))
    .map(([variable]) => ({ line, message: `there is no variable ${variable}` }));
}

/** In these documents an inline word with an underscore, or `word = value`, is a key or a metric. */
function keyBreaches({ text, line, fence }: Code, { keys }: Nameable): Breach[] {
  const key = fence === null
    ? /^([a-z][a-z0-9]*(?:_[a-z0-9]+)+)$/.exec(text) ?? /^([a-z][a-z0-9_]*) = /.exec(text)
    : fence === "toml"
    ? /^\s*#?\s*([a-z][a-z0-9_]*) = /.exec(text)
    : null;
  if (key === null || keys.has(key[1]!)) return [];
  return [{ line, message: `there is no key or metric ${key[1]}` }];
}
