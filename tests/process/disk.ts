/** Folders of tests, and what is in them. */
import { join } from "node:path";

/** A folder that is removed with the block that holds it. */
export async function scratch(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "wzp-relay-test-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Everything below a folder, by path: what kind, which mode, when it was changed and what it holds. */
export async function tree(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const visit = async (path: string) => {
    const { mode, mtime, size, isDirectory, isFile } = await Deno.lstat(path);
    const content = isFile ? (await Deno.readFile(path)).toHex() : size;
    found[path] = `${mode?.toString(8)} ${mtime?.toISOString()} ${content}`;
    if (!isDirectory) return;
    for await (const { name } of Deno.readDir(path)) await visit(join(path, name));
  };
  await visit(folder);
  return found;
}

/** Waits until the text of a file shows something; it may not be there yet. */
export async function fileShows(path: string, pattern: RegExp, limitMs = 60_000): Promise<string> {
  const end = performance.now() + limitMs;
  let text = "";
  while (performance.now() < end) {
    try {
      text = await Deno.readTextFile(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    if (pattern.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`${path} does not show ${pattern}:\n${text}`);
}
