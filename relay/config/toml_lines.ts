/**
 * Finds the lines of valid keys, which smol-toml does not tell. Imported only when there is something
 * to report about one: the second parser is not worth its start-up time otherwise.
 */
import { type AST, parseTOML } from "toml-eslint-parser";

type Step = string | number;

/** Deeper than any key of ours: what is below is reported at the line of the table around it. */
const MAX_DEPTH = 6;

/** Tells the line of a value, or of the closest table around it; null when even that is unknown. */
export function lineFinder(text: string): (path: readonly Step[]) => number | null {
  const lines = new Map<string, number>();
  const note = (path: readonly Step[], node: AST.TOMLNode) => {
    // A dotted key or header also creates the tables on its way.
    for (let length = 1; length <= Math.min(path.length, MAX_DEPTH); length++) {
      const id = JSON.stringify(path.slice(0, length));
      if (!lines.has(id)) lines.set(id, node.loc.start.line);
    }
  };
  const visitValue = (node: AST.TOMLContentNode, path: readonly Step[]) => {
    if (node.type === "TOMLArray") {
      for (const [index, element] of node.elements.entries()) {
        note([...path, index], element);
        visitValue(element, [...path, index]);
      }
    } else if (node.type === "TOMLInlineTable") visitBody(node.body, path);
  };
  const visitBody = (body: readonly AST.TOMLKeyValue[], parent: readonly Step[]) => {
    for (const { key, value } of body) {
      const path = [...parent, ...key.keys.map((k) => k.type === "TOMLBare" ? k.name : k.value)];
      note(path, key);
      visitValue(value, path);
    }
  };
  try {
    for (const node of parseTOML(text, { tomlVersion: "latest" }).body[0].body) {
      if (node.type === "TOMLTable") {
        note(node.resolvedKey, node.key);
        visitBody(node.body, node.resolvedKey);
      } else visitBody([node], []);
    }
  } catch {
    // The two parsers differ in a corner: what has been found so far has to do.
  }
  return (path) => {
    for (let length = Math.min(path.length, MAX_DEPTH); length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return null;
  };
}
