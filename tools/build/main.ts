/** The part of compile.sh that runs once Deno is installed: bundle, make the executable, try it, move it into place. */
import { dirname } from "node:path";
import { root } from "../house/root.ts";
import { gitHash } from "../../relay/build_hash.ts";
import { bundle } from "./bundle.ts";
import { compile, runtimeIsHere } from "./compile.ts";
import { pack, writeExecutable } from "./pack.ts";
import { smoke } from "./smoke.ts";

type Way = "compile" | "pack";

const deno = Deno.execPath();
const permissions = (await Deno.readTextFile(`${root}/tools/permissions`)).trim().split(/\s+/);
/**
 * Megabytes of the young generation before it is collected. At V8's 16 the relay's short-lived garbage alone takes more memory
 * than 300 idle participants, and a collection takes longer; see docs/measurements.md.
 */
const YOUNG_MB = 2;
/** Growth of the heap before it is collected whole. With V8's own, those who left take memory beside those who came. */
const GROWTH_PERCENT = 30;
const v8 = `--v8-flags=--max-semi-space-size=${YOUNG_MB},--heap-growing-percent=${GROWTH_PERCENT}`;
/** The bundle is all the program has. */
const flags = [...permissions, v8, "--no-config", "--no-lock", "--no-npm", "--no-remote"];
/**
 * Deno opens a debugger on 127.0.0.1:9229 for every user of the machine when it gets SIGUSR1, unless it has one
 * already. This one has a random address (122 bits of it a name that is told nowhere), so nobody can use it.
 */
const HIDDEN_DEBUGGER = ["--inspect=127.0.0.1:0", "--inspect-publish-uid=none"];

async function main(wish: string, out: string): Promise<void> {
  const version = gitHash(root);
  const program = await bundle(`${root}/main.ts`, version);
  const ways: Way[] = wish === "compile" || wish === "pack" ? [wish] : ["compile", "pack"];
  // Beside the result, so that moving it into place is one rename.
  const workshop = await Deno.makeTempDir({
    dir: dirname(out),
    prefix: ".build-",
    suffix: ".wzp-tmp",
  });
  const draft = `${workshop}/wzp-relay`;
  const clean = () => Deno.removeSync(workshop, { recursive: true });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      clean();
      Deno.exit(signal === "SIGINT" ? 130 : 143);
    });
  }
  try {
    for (const [index, way] of ways.entries()) {
      const problem = await make(way, draft, program) ?? await problemOf(draft, version);
      if (problem === null) {
        await Deno.rename(draft, out);
        const { size } = await Deno.stat(out);
        console.error(
          `${out}: ${way === "pack" ? "packed" : "compiled"}, ${Math.ceil(size / 1e6)} MB`,
        );
        return;
      }
      if (index === ways.length - 1) console.error(`compile.sh: cannot ${way}: ${problem}`);
      else if (await runtimeIsHere(deno)) {
        console.error("Compiling failed (--with=compile tells why); packing instead.");
      } else console.error("The compile runtime cannot be downloaded here; packing instead.");
    }
    Deno.exitCode = 1;
  } finally {
    clean();
  }
}

async function make(way: Way, out: string, program: Uint8Array): Promise<string | null> {
  if (way === "compile") return await compile({ deno, program, flags, out });
  const runtime = await Deno.readFile(deno);
  const platform = `${Deno.build.os} ${Deno.build.arch}`;
  await writeExecutable(
    out,
    await pack({ runtime, program, flags: [...flags, ...HIDDEN_DEBUGGER], platform }),
  );
  return null;
}

async function problemOf(executable: string, version: string): Promise<string | null> {
  try {
    await smoke(executable, version);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const [wish, out] = Deno.args;
try {
  if (wish === undefined || out === undefined) throw new TypeError("Run compile.sh instead");
  await main(wish, out);
} catch (error) {
  console.error(`compile.sh: ${error instanceof Error ? error.message : String(error)}`);
  Deno.exit(1);
}
Deno.exit();
