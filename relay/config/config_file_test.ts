import assert from "node:assert/strict";
import { parseToml, readFileOnDisk } from "./config_file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

async function inDirectory(run: (directory: string) => Promise<void>) {
  const directory = await Deno.makeTempDir();
  try {
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("a file is read whole, up to the limit", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/x`;
    await Deno.writeTextFile(path, "12345");
    assert.deepEqual(await readFileOnDisk(path, 5), { bytes: bytes("12345") });
    await Deno.writeTextFile(path, "");
    assert.deepEqual(await readFileOnDisk(path, 5), { bytes: bytes("") });
  });
});

Deno.test("a file larger than the limit is a problem, however large it is", async () => {
  await inDirectory(async (directory) => {
    const path = `${directory}/x`;
    await Deno.writeTextFile(path, "x");
    await Deno.truncate(path, 100 * 1024 * 1024);
    assert.deepEqual(await readFileOnDisk(path, 1024), { problem: "is larger than 1 KiB" });
  });
});

Deno.test("a directory and a missing file have sentences of their own", async () => {
  await inDirectory(async (directory) => {
    assert.deepEqual(await readFileOnDisk(directory, 10), {
      problem: "is a directory, not a file",
    });
    assert.deepEqual(await readFileOnDisk(`${directory}/none`, 10), {
      problem: "does not exist",
      missing: true,
    });
    await Deno.writeTextFile(`${directory}/file`, "");
    const below = await readFileOnDisk(`${directory}/file/x`, 10);
    assert.ok("problem" in below && !below.missing, JSON.stringify(below));
  });
});

Deno.test({
  name: "a file that must not be read is a sentence",
  permissions: { read: false },
  fn: async () => {
    const problem = "cannot be read: this program keeps away from such paths";
    assert.deepEqual(await readFileOnDisk("/etc/hostname", 10), { problem });
  },
});

Deno.test("TOML is a table", () => {
  const toml = parseToml(bytes("a = 1\r\nb = [2]\n"));
  assert.ok("table" in toml);
  assert.deepEqual({ ...toml.table }, { a: 1, b: [2] });
});

Deno.test("a byte order mark is skipped", () => {
  const toml = parseToml(bytes("\ufeffa = 1"));
  assert.ok("table" in toml);
  assert.deepEqual([toml.text, { ...toml.table }], ["a = 1", { a: 1 }]);
});

Deno.test("a syntax error has line, column and a reason of one line", () => {
  assert.deepEqual(parseToml(bytes('a = 1\nb = "x')), {
    line: 2,
    column: 5,
    problem: "this is not TOML: unfinished string",
  });
  const twice = parseToml(bytes("a = 1\n\na = 2"));
  assert.ok("problem" in twice);
  assert.deepEqual([twice.line, twice.column], [3, 1]);
});

Deno.test("a string that ends with its line is said to be open", () => {
  for (const end of ["\n", "\r\n"]) {
    assert.deepEqual(parseToml(bytes(`a = "x${end}b = 1`)), {
      line: 1,
      column: 7,
      problem: "this is not TOML: this string is not closed",
    });
  }
});

Deno.test("the line of the first byte that is not UTF-8 is told", () => {
  const broken = Uint8Array.of(...bytes('a = "\u00e9"\nb = "'), 0xe9, ...bytes('"\n'));
  assert.deepEqual(parseToml(broken), { line: 2, problem: "this is not UTF-8 text" });
  assert.deepEqual(parseToml(Uint8Array.of(0xff, 0xfe, 0x61, 0x00)), {
    line: 1,
    problem: "this is not UTF-8 text",
  });
});

Deno.test("deep nesting is an error, not a crash", () => {
  assert.ok("problem" in parseToml(bytes(`a = ${"[".repeat(50_000)}`)));
});
