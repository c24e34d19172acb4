/** What each module imports, read from its text. Relies on `deno fmt`: statements begin at the start of a line. */

export interface Import {
  /** As written. */
  readonly specifier: string;
  readonly line: number;
  /** Path from the root for files of ours, null for packages and built-in modules. */
  readonly target: string | null;
}

export interface Module {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Lines of `import(...)` whose target cannot be read from the text. */
  readonly unreadable: readonly number[];
}

export type ModuleGraph = ReadonlyMap<string, Module>;

/** Reads the imports of all sources; keys are paths from the root with `/`. */
export function moduleGraph(sources: ReadonlyMap<string, string>): ModuleGraph {
  const graph = new Map<string, Module>();
  for (const [path, text] of sources) graph.set(path, readModule(path, text));
  return graph;
}

/** `import ... from "x"`, `export ... from "x"`, `import "x"`. */
const STATEMENT = /^(?:import|export)\s+(?:[^;"()=]+?\s+from\s+)?"([^"\n]+)"/gm;
/** `import("x")`, also in types. */
const DYNAMIC = /\bimport\(\s*(?:"([^"\n]+)"|[^)])/g;

function readModule(path: string, text: string): Module {
  const code = blankComments(text);
  const imports: Import[] = [];
  const unreadable: number[] = [];
  for (const pattern of [STATEMENT, DYNAMIC]) {
    for (const { 1: specifier, index } of code.matchAll(pattern)) {
      const line = code.slice(0, index).split("\n").length;
      if (specifier === undefined) unreadable.push(line);
      else imports.push({ specifier, line, target: resolve(path, specifier) });
    }
  }
  return { path, text, imports, unreadable };
}

/** Comments that stand on lines of their own, replaced by as many spaces. */
export function blankComments(text: string): string {
  return text.replace(
    /^[ \t]*(?:\/\/.*|\/\*[^]*?\*\/)/gm,
    (comment) => comment.replace(/[^\n]/g, " "),
  );
}

function resolve(from: string, specifier: string): string | null {
  if (!/^\.{1,2}\//.test(specifier)) return null;
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** Each import cycle once, as the paths along it; the first is the smallest and comes again at the end. */
export function cycles(graph: ModuleGraph): string[][] {
  const found = new Map<string, string[]>();
  const done = new Set<string>();
  const path: string[] = [];

  function visit(at: string): void {
    const start = path.indexOf(at);
    if (start >= 0) {
      const ring = path.slice(start);
      const first = ring.reduce((least, each, index) => each < ring[least]! ? index : least, 0);
      const turned = [...ring.slice(first), ...ring.slice(0, first + 1)];
      found.set(turned.join(), turned);
      return;
    }
    if (done.has(at)) return;
    path.push(at);
    for (const { target } of graph.get(at)?.imports ?? []) {
      if (target !== null && graph.has(target)) visit(target);
    }
    path.pop();
    done.add(at);
  }

  for (const start of graph.keys()) visit(start);
  return [...found.values()];
}

/** Whether a module or anything it imports, directly or not, imports a package whose name begins so. */
export function reaches(graph: ModuleGraph, start: string, packagePrefix: string): boolean {
  const seen = new Set<string>();
  const waiting = [start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    for (const { specifier, target } of graph.get(at)?.imports ?? []) {
      if (target === null) {
        if (specifier.startsWith(packagePrefix)) return true;
      } else waiting.push(target);
    }
  }
  return false;
}
