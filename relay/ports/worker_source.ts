/** Where the code of a worker comes from: a file when the relay runs from source, the bundle in the executable. */

/** Replaced by the code of each worker, by its name, when the program is bundled (tools/build/bundle.ts). */
declare const WZP_WORKERS: Readonly<Record<string, string>> | undefined;

/** `source` is the worker's file. Start it with `{ type: "module" }`, and let it say that it is ready first. */
export function workerUrl(name: string, source: URL): string {
  if (typeof WZP_WORKERS !== "object") return source.href;
  const code = WZP_WORKERS[name];
  if (code === undefined) throw new TypeError(`There is no worker "${name}" in this bundle`);
  return `data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`;
}
