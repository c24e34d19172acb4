/** Makes a real executable with `deno compile`, where the matching runtime (denort) can be had. */

export interface CompileInput {
  readonly deno: string;
  /** The bundled program. */
  readonly program: Uint8Array;
  readonly flags: readonly string[];
  readonly out: string;
}

/** Writes `out`; on failure the answer is the reason, else null. */
export async function compile(input: CompileInput): Promise<string | null> {
  // An empty directory, or everything around the program would be looked at and embedded.
  const empty = await Deno.makeTempDir({ prefix: "wzp-compile-" });
  const limitMs = await runtimeIsHere(input.deno) ? LOCAL_LIMIT_MS : DOWNLOAD_LIMIT_MS;
  const timer = AbortSignal.timeout(limitMs);
  try {
    await Deno.writeFile(`${empty}/main.js`, input.program);
    const { success, stderr } = await new Deno.Command(input.deno, {
      args: ["compile", ...input.flags, "--output", input.out, "main.js"],
      cwd: empty,
      stdin: "null",
      signal: timer,
    }).output();
    if (timer.aborted) return `no result within ${limitMs / 1000} s`;
    if (!success) return reason(new TextDecoder().decode(stderr));
    return null;
  } finally {
    await Deno.remove(empty, { recursive: true });
  }
}

/** A build without network must not hang for long. */
const DOWNLOAD_LIMIT_MS = 10_000;
const LOCAL_LIMIT_MS = 120_000;

/** Whether the runtime is named, or already in Deno's download cache. */
export async function runtimeIsHere(deno: string): Promise<boolean> {
  if (Deno.env.get("DENORT_BIN")) return true;
  const { success, stdout } = await new Deno.Command(deno, { args: ["info", "--json"] }).output();
  if (!success) return false;
  const { denoDir }: { denoDir: string } = JSON.parse(new TextDecoder().decode(stdout));
  try {
    const names = [...Deno.readDirSync(`${denoDir}/dl/release/v${Deno.version.deno}`)];
    return names.some(({ name }) => name.startsWith("denort"));
  } catch {
    return false;
  }
}

/** What Deno says was the cause, without colours and addresses. */
function reason(stderr: string): string {
  // deno-lint-ignore no-control-regex
  const lines = stderr.replace(/\x1b\[[\d;]*m/g, "").split("\n").map((line) => line.trim());
  const causes = lines.filter((line) => /^\d+: (?!<)/.test(line) && !line.includes("://"))
    .map((line) => line.replace(/^\d+: /, ""));
  return causes.join("; ") || lines.find((line) => line.startsWith("error")) || "no message";
}
