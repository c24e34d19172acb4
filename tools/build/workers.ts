/** Bundles the code of workers, which the executable starts from its own text. */
import { existsSync } from "node:fs";
import { build } from "esbuild";
import { root } from "../house/root.ts";

/** By the name that `workerUrl` is asked for. */
const WORKERS: Readonly<Record<string, string>> = {
  http: "admin/thread/worker.ts",
  registry: "discovery/store_worker.ts",
  udp_relay: "udp_relay/worker.ts",
};

/** `define` as of esbuild, which is left running for whoever builds more. */
export async function buildWorkers(
  define: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, path] of Object.entries(WORKERS)) {
    if (!existsSync(`${root}/${path}`)) continue;
    const result = await build({
      entryPoints: [`${root}/${path}`],
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      mainFields: ["module", "main"],
      define,
      target: "esnext",
      minify: true,
      legalComments: "none",
      logLevel: "silent",
    });
    texts[name] = result.outputFiles[0]!.text;
  }
  return texts;
}
