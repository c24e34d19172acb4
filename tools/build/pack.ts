/** Writes the self-extracting executable: a shell prologue, the packed program, the packed runtime. */
import { createHash } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";

export interface PackInput {
  /** Bytes of the runtime: an executable that is started as `run FLAGS program ARGUMENTS`. */
  readonly runtime: Uint8Array;
  /** The bundled program. */
  readonly program: Uint8Array;
  /** Flags of the runtime, each without spaces. */
  readonly flags: readonly string[];
  /** What the runtime was built for, in words. */
  readonly platform: string;
}

/** The bytes of the executable. */
export async function pack(input: PackInput): Promise<Uint8Array> {
  const bad = input.flags.find((flag) => !/^[\w\-=,/.:]+$/.test(flag));
  if (bad !== undefined) {
    throw new RangeError(`A flag the shell would not pass on unchanged: ${bad}`);
  }
  const program = compress(input.program);
  const runtime = compress(input.runtime);
  const programSum = sha256(input.program);
  const runtimeSum = sha256(input.runtime);
  const template = await readFile(new URL("./prologue.sh", import.meta.url), "utf8");

  const fill = (programAt: number) =>
    fillIn(template, {
      platform: input.platform,
      flags: input.flags.join(" "),
      room: String(Math.ceil((input.program.length + input.runtime.length) / 1e6)),
      program_id: programSum.slice(0, 16),
      program_sum: programSum,
      program_size: String(input.program.length),
      program_packed: String(program.length),
      program_at: String(programAt).padStart(OFFSET_DIGITS, "0"),
      runtime_id: runtimeSum.slice(0, 16),
      runtime_sum: runtimeSum,
      runtime_size: String(input.runtime.length),
      runtime_packed: String(runtime.length),
      runtime_at: String(programAt + program.length).padStart(OFFSET_DIGITS, "0"),
    });
  // `tail -c +N` counts from 1; the offsets have a fixed width, so the length does not depend on them.
  const prologue = fill(fill(0).length + 1);
  return Buffer.concat([Buffer.from(prologue, "ascii"), program, runtime]);
}

/** Writes an executable file. */
export async function writeExecutable(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(path, bytes, { mode: 0o755 });
  await chmod(path, 0o755);
}

/** gzip, because every Debian can read it. */
function compress(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 6 });
}

const OFFSET_DIGITS = 9;

function fillIn(template: string, values: Record<string, string>): string {
  return template.replace(/@(\w+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`The prologue names an unknown value: ${name}`);
    return value;
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
