/** `deno task bench [NAME [ARGUMENT ...]]`: runs bench/NAME.ts, or lists what there is. */
import { root } from "./house/root.ts";

const [name, ...args] = Deno.args;
const benches = await list();
if (name === undefined) {
  console.log("Usage: deno task bench NAME [ARGUMENT ...]\n");
  for (const [bench, about] of benches) console.log(`  ${bench.padEnd(20)} ${about}`);
  if (benches.size === 0) console.log("There is no benchmark yet.");
} else if (!benches.has(name)) {
  console.error(`There is no bench/${name}.ts; run without a name for a list`);
  Deno.exit(64);
} else {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", `bench/${name}.ts`, ...args],
    cwd: root,
  }).spawn();
  Deno.exit((await child.status).code);
}

/** Names and first sentences of the files in bench/ that can be run. */
async function list(): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  try {
    for await (const { name: file, isFile } of Deno.readDir(`${root}/bench`)) {
      if (!isFile || !file.endsWith(".ts") || file.endsWith("_test.ts")) continue;
      const [first = ""] = (await Deno.readTextFile(`${root}/bench/${file}`)).split("\n");
      found.set(file.slice(0, -3), first.replace(/^\/[/*]+ *| *\*\/$/g, ""));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return new Map([...found].sort());
}
