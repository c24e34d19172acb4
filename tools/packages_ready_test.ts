/** When npm packages count as installed. */
import assert from "node:assert/strict";
import process from "node:process";
import { fileURLToPath } from "node:url";

const SCRIPT = fileURLToPath(new URL("./packages_ready.mjs", import.meta.url));

interface Entry {
  readonly version: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
}

async function ready(lock: Record<string, Entry>, installed: Record<string, string>) {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(
      `${dir}/package-lock.json`,
      JSON.stringify({ packages: { "": { version: "1.0.0" }, ...lock } }),
    );
    for (const [path, version] of Object.entries(installed)) {
      await Deno.mkdir(`${dir}/${path}`, { recursive: true });
      await Deno.writeTextFile(`${dir}/${path}/package.json`, JSON.stringify({ version }));
    }
    return (await new Deno.Command("node", { args: [SCRIPT], cwd: dir }).output()).code === 0;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("packages are ready when all are there in their versions", async () => {
  const lock = {
    "node_modules/a": { version: "1.0.0" },
    "node_modules/a/node_modules/b": { version: "2.0.0" },
  };
  const both = { "node_modules/a": "1.0.0", "node_modules/a/node_modules/b": "2.0.0" };
  assert.equal(await ready(lock, both), true);
  assert.equal(await ready(lock, { "node_modules/a": "1.0.0" }), false);
  assert.equal(await ready(lock, { ...both, "node_modules/a": "1.0.1" }), false);
});

Deno.test("optional packages may be missing, those of the tools only on other platforms", async () => {
  const optional = { version: "1.0.0", optional: true };
  const here = [process.platform];
  assert.equal(await ready({ "node_modules/a": optional }, {}), true);
  assert.equal(await ready({ "node_modules/a": optional }, { "node_modules/a": "2.0.0" }), false);
  assert.equal(await ready({ "node_modules/@deno/x": { ...optional, os: ["beos"] } }, {}), true);
  assert.equal(await ready({ "node_modules/@deno/x": { ...optional, os: here } }, {}), false);
  assert.equal(await ready({ "node_modules/@esbuild/x": { ...optional, os: here } }, {}), false);
});
