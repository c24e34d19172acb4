/** Bundles TypeScript for a browser and refuses what a browser does not have. */
import { build, stop } from "esbuild";

/** Globals of server runtimes. Only free identifiers count: not words in strings, comments or property names. */
const FOREIGN_GLOBALS = ["Deno", "process", "Buffer", "require", "global", "setImmediate"];
const MARK = "__foreign_global_";

/**
 * One classic script that assigns the exports of `source` to the global `globalName`. Imports resolve from `folder`;
 * those of `node:` modules and uses of server globals throw.
 */
export async function bundleForBrowser(
  source: string,
  folder: string,
  globalName: string,
): Promise<string> {
  try {
    const result = await build({
      stdin: { contents: source, resolveDir: folder, loader: "ts", sourcefile: "entry.ts" },
      bundle: true,
      write: false,
      platform: "browser",
      format: "iife",
      globalName,
      target: "es2024",
      define: Object.fromEntries(FOREIGN_GLOBALS.map((name) => [name, MARK + name])),
      logLevel: "silent",
    });
    const script = result.outputFiles[0]?.text ?? "";
    const foreign = FOREIGN_GLOBALS.filter((name) => script.includes(MARK + name));
    if (foreign.length > 0) throw new TypeError(`Cannot bundle: uses ${foreign.join(", ")}`);
    return script;
  } finally {
    await stop();
  }
}
