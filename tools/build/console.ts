/** Bundles the console: run by hand it writes the parts to build/console/, where the relay finds them when it runs from source. */
import { readFile } from "node:fs/promises";
import { build, stop } from "esbuild";
import type { ConsoleParts } from "../../admin/console_parts.ts";
import { root } from "../house/root.ts";

const UI = `${root}/admin/ui`;

/** Builds all of it. `esbuild` is left running for whoever builds more. */
export async function buildConsole(): Promise<ConsoleParts> {
  const result = await build({
    entryPoints: { console: `${UI}/main.tsx`, style: `${UI}/styles/console.css` },
    outdir: "out",
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    platform: "browser",
    target: ["chrome123", "firefox121", "safari17.5"],
    jsx: "automatic",
    jsxImportSource: "preact",
    charset: "ascii",
    legalComments: "none",
    logLevel: "silent",
  });
  const text = (end: string) => {
    const file = result.outputFiles.find(({ path }) => path.endsWith(end));
    if (file === undefined) throw new Error(`esbuild wrote no ${end}`);
    return file.text;
  };
  return {
    html: await readFile(`${UI}/index.html`, "utf8"),
    js: text("console.js"),
    css: text("style.css"),
    icon: await readFile(`${UI}/icon.svg`, "utf8"),
  };
}

if (import.meta.main) {
  const parts = await buildConsole();
  await stop();
  const out = `${root}/build/console`;
  await Deno.mkdir(out, { recursive: true });
  await Deno.writeTextFile(`${out}/parts.json`, JSON.stringify(parts));
  console.error(
    `${out}: console.js ${(parts.js.length / 1000).toFixed(1)} kB, console.css ${
      (parts.css.length / 1000).toFixed(1)
    } kB`,
  );
}
