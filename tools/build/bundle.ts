/** Bundles the server's code into one ES module that needs nothing but the runtime. */
import { readFile } from "node:fs/promises";
import { build, type Plugin, stop } from "esbuild";
import { buildConsole } from "./console.ts";
import { buildWorkers } from "./workers.ts";

/** The bundled source of `entry`; `buildHash` becomes what the program says it is. */
export async function bundle(entry: string, buildHash: string): Promise<Uint8Array> {
  try {
    // The page is served by a worker.
    const workers = await buildWorkers({ WZP_CONSOLE: JSON.stringify(await buildConsole()) });
    const result = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      mainFields: ["module", "main"],
      target: "esnext",
      define: {
        WZP_BUILD_HASH: JSON.stringify(buildHash),
        WZP_WORKERS: JSON.stringify(workers),
        // The relay that clients try when nobody names one.
        WZP_DEFAULT_RELAY: JSON.stringify(Deno.env.get("WZP_DEFAULT_RELAY") ?? ""),
      },
      legalComments: "eof",
      logLevel: "silent",
      plugins: [leaveOutNativeQuic, opusWithoutFiles],
    });
    const outside = Object.values(result.metafile.outputs).flatMap(({ imports }) => imports)
      .filter(({ path }) => !path.startsWith("node:"));
    if (outside.length > 0) {
      throw new Error(`The bundle would still load ${outside.map(({ path }) => path).join(", ")}`);
    }
    const file = result.outputFiles[0];
    if (file === undefined) throw new Error("esbuild wrote nothing");
    return file.contents;
  } finally {
    await stop();
  }
}

/** The executable has no native addon: loading the second QUIC adapter fails with a sentence, and only then. */
const leaveOutNativeQuic: Plugin = {
  name: "leave-out-native-quic",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@matrixai\// }, ({ path }) => ({ path, namespace: "absent" }));
    // CommonJS, so that any name can be imported from it.
    onLoad({ filter: /.*/, namespace: "absent" }, ({ path }) => ({
      contents:
        `throw new Error("${path} is not part of this executable; run from source to use it");`,
      loader: "js",
    }));
  },
};

/**
 * libopus in WebAssembly comes as a script that looks for its files through Node's `require` where it finds a
 * process. Here it is handed its bytes (`client/sound/opus_module.ts`) and must not look for anything.
 */
const opusWithoutFiles: Plugin = {
  name: "opus-without-files",
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^(?:fs|path)$/ },
      ({ path, importer }) =>
        /[/\\]opusscript[/\\]/.test(importer) ? { path, namespace: "no-files" } : null,
    );
    onLoad({ filter: /.*/, namespace: "no-files" }, () => ({ contents: "", loader: "js" }));
    onLoad({ filter: /[/\\]opusscript_native_wasm\.js$/ }, async ({ path }) => ({
      contents: `var process, __dirname, __filename;\n${await readFile(path, "utf8")}`,
      loader: "js",
    }));
  },
};
