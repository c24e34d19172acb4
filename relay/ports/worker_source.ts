/** Where the code of a worker comes from: a file when the relay runs from source, the bundle in the executable. */

/** Replaced by the code of each worker, by its name, when the program is bundled (tools/build/bundle.ts). */
declare const WZP_WORKERS: Readonly<Record<string, string>> | undefined;

const urls = new Map<string, string>();

/** `source` is the worker's file. Start it with `{ type: "module" }`, and let it say that it is ready first. */
export function workerUrl(name: string, source: URL): string {
  if (typeof WZP_WORKERS !== "object") return source.href;
  const code = WZP_WORKERS[name];
  if (code === undefined) throw new TypeError(`There is no worker "${name}" in this bundle`);
  // Short, unlike one of kind `data:`, which would stand in every stack of every error that the worker makes.
  const url = urls.get(name) ?? URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  urls.set(name, url);
  return url;
}
