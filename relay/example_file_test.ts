import assert from "node:assert/strict";
import { writeExampleFile } from "./example_file.ts";
import { StartError } from "./start_error.ts";

async function inFolder(run: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "wzp-example-" });
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function refusal(path: string, sentence: RegExp): void {
  assert.throws(() => writeExampleFile(path, "x"), (error) => {
    assert.ok(error instanceof StartError);
    assert.equal(error.exitCode, 78);
    assert.ok(error.message.includes(path));
    assert.match(error.message, /--config/);
    assert.match(error.message, sentence);
    return true;
  });
}

Deno.test("the example is written with its missing folders, readable and not executable", () =>
  inFolder((folder) => {
    const path = `${folder}/a/b/relay.toml`;
    assert.equal(writeExampleFile(path, "# example\n"), true);
    assert.equal(Deno.readTextFileSync(path), "# example\n");
    assert.equal(Deno.statSync(path).mode! & 0o7133, 0);
  }));

Deno.test("a file that came to be meanwhile is left as it is", () =>
  inFolder((folder) => {
    const path = `${folder}/relay.toml`;
    Deno.writeTextFileSync(path, "mine");
    assert.equal(writeExampleFile(path, "# example\n"), false);
    assert.equal(Deno.readTextFileSync(path), "mine");
  }));

Deno.test("a place where no file can be is a sentence with the path", () =>
  inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    Deno.symlinkSync(`${folder}/nowhere`, `${folder}/link`);
    refusal(folder, /exist|directory/);
    refusal(`${folder}/file/relay.toml`, /not a directory|exist/);
    refusal(`${folder}/link`, /symbolic link that leads nowhere/);
    refusal(`${folder}/${"x".repeat(300)}`, /too long/i);
    refusal("/proc/relay.toml", /exist|permission|not supported/i);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "file",
      "link",
    ]);
  }));
