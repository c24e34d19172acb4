/** Finds the source files of the repository. */

/** Folders that hold no source of ours. */
const SKIPPED = ["node_modules", "build", "coverage", "tests/out"];
const SOURCE = /\.(?:ts|tsx|js|mjs|sh)$/;

/** Text of every source file below `root`, by path from there. */
export function sources(root: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (folder: string) => {
    const entries = [...Deno.readDirSync(`${root}/${folder}`)].sort((a, b) =>
      a.name < b.name ? -1 : 1
    );
    for (const { name, isDirectory, isFile } of entries) {
      const path = `${folder}${name}`;
      if (isFile && SOURCE.test(name)) found.set(path, Deno.readTextFileSync(`${root}/${path}`));
      if (isDirectory && !name.startsWith(".") && !SKIPPED.includes(path)) visit(`${path}/`);
    }
  };
  visit("");
  return found;
}
