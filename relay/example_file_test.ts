import assert from "node:assert/strict";
import { writeExampleFile } from "./example_file.ts";
import { StartError } from "./start_error.ts";

Deno.test("an example is written where nothing is, and only there", () => {
  const dir = Deno.makeTempDirSync();
  try {
    const path = `${dir}/new/relay.toml`;
    assert.equal(writeExampleFile(path, "example"), true);
    assert.equal(writeExampleFile(path, "another"), false);
    assert.equal(Deno.readTextFileSync(path), "example");
    Deno.symlinkSync(`${dir}/nowhere`, `${dir}/link`);
    assert.throws(() => writeExampleFile(`${dir}/link`, "example"), StartError);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test("an example that does not fit on the disk leaves no file behind", () => {
  const dir = Deno.makeTempDirSync();
  const openSync = Deno.openSync;
  try {
    Deno.openSync = (path, options) => {
      const file = openSync(path, options);
      file.writeSync = () => {
        throw Object.assign(new Error("full"), { code: "ENOSPC" });
      };
      return file;
    };
    assert.throws(() => writeExampleFile(`${dir}/relay.toml`, "example"), /the disk is full/);
    assert.deepEqual([...Deno.readDirSync(dir)], []);
  } finally {
    Deno.openSync = openSync;
    Deno.removeSync(dir, { recursive: true });
  }
});
