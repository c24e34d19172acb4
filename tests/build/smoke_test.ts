/** The smoke test sees what is wrong with an executable. The real one passes it whenever compile.sh succeeds. */
import assert from "node:assert/strict";
import { smoke } from "../../tools/build/smoke.ts";

/** What a sound executable does for each call, as shell; each case below breaks one of these. */
const SOUND = {
  version: "echo wzp-relay 0123456",
  badFlag: "echo 'wzp-relay: unknown flag' >&2; exit 64",
  selfTest: "exit 0",
  start: "exit 1",
};

async function verdict(broken: Partial<typeof SOUND>): Promise<string> {
  const dir = await Deno.makeTempDir();
  const script = { ...SOUND, ...broken };
  try {
    await Deno.writeTextFile(
      `${dir}/relay`,
      `#!/bin/sh\ncase $1 in\n  --version) ${script.version} ;;\n  --no-such-flag) ${script.badFlag} ;;\n` +
        `  --self-test) ${script.selfTest} ;;\n  *) ${script.start} ;;\nesac\n`,
      { mode: 0o755 },
    );
    await smoke(`${dir}/relay`, "0123456");
    return "sound";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const CASES: readonly (readonly [Partial<typeof SOUND>, RegExp])[] = [
  [{ version: "echo 'deno 2.9.6 (stable)'" }, /^the result is the Deno command line/],
  [{ version: "echo wzp-relay 6543210" }, /^--version did not answer "wzp-relay 0123456"/],
  [{ version: "echo wzp-relay 0123456; exit 1" }, /^--version did not answer .* \(exit 1\)/],
  [{ version: '[ -n "$HOME" ] && echo wzp-relay 0123456' }, /^--version did not answer/],
  [{ badFlag: "echo no >&2; exit 2" }, /^a bad flag gave exit 2 instead of 64/],
  [{ badFlag: "exit 64" }, /^a bad flag gave exit 64/],
  [{ selfTest: "echo wasm: failed; exit 70" }, /^--self-test gave exit 70: wasm: failed/],
  [{ start: "echo no socket >&2; exit 69" }, /^it did not get ready: no socket/],
  [
    { start: "echo 'Listening for connections...'; exec sleep 600" },
    /^addr= or tls_fingerprint= is/,
  ],
];

Deno.test("each thing an executable must do is found missing", async () => {
  for (const [broken, message] of CASES) {
    assert.match(await verdict(broken), message, JSON.stringify(broken));
  }
});
