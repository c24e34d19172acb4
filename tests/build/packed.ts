/** A packed executable with a shell script in the place of Deno, so that starts take milliseconds. */
import { pack, writeExecutable } from "../../tools/build/pack.ts";

/** Prints where it was started and what with; `--wait` sleeps, `--cat` copies its input, `--exit N` exits so. */
const RUNTIME = `#!/bin/sh
if [ "$1" = --version ]; then exit 0; fi
while [ "\${1##*/}" != main.js ]; do flags="$flags $1"; shift; done
program=$1
read -r source <"$program"
shift
case $1 in
  --wait) echo waiting; exec sleep 600 ;;
  --cat) exec cat ;;
  --exit) exit "$2" ;;
  --umask) umask; exit ;;
  --env) exec env ;;
esac
printf '%s\\n' "$flags" "$program" "$source" "$DENO_DIR" "$0"
printf '<%s>' "$@"
`;

/** What a started program printed about itself. */
export interface Started {
  readonly flags: string;
  readonly program: string;
  readonly source: string;
  readonly cache: string;
  readonly runtime: string;
  /** All arguments, each in angle brackets. */
  readonly args: string;
}

export interface Result {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const FLAGS = ["--allow-read=/a,/b", "--no-prompt"];

/** Directories of one test, all below `dir`, removed at its end. */
export class PackedRelay implements AsyncDisposable {
  readonly dir: string;
  readonly executable: string;
  readonly home: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.executable = `${dir}/wzp-relay`;
    this.home = `${dir}/home`;
  }

  static async make(script = RUNTIME): Promise<PackedRelay> {
    const dir = await Deno.makeTempDir({ prefix: "wzp-pack-test-" });
    const relay = new PackedRelay(await Deno.realPath(dir));
    await Deno.mkdir(relay.home);
    await writeExecutable(
      relay.executable,
      await pack({
        // Different for every test, so that no two share a fallback cache.
        runtime: new TextEncoder().encode(`${script}# ${dir}\n`),
        program: new TextEncoder().encode(`program of ${dir}`),
        flags: FLAGS,
        platform: "tests",
      }),
    );
    return relay;
  }

  get cache(): string {
    return `${this.home}/.cache/wzp-relay`;
  }

  /** Starts it with HOME of its own; `env` replaces the whole environment. */
  async run(
    args: readonly string[] = [],
    options: {
      env?: Record<string, string>;
      cwd?: string;
      words?: readonly string[];
      stdin?: string;
    } = {},
  ): Promise<Result> {
    const [program = "", ...rest] = [...options.words ?? [this.executable], ...args];
    const child = new Deno.Command(program, {
      args: rest,
      cwd: options.cwd ?? this.dir,
      clearEnv: true,
      env: options.env ?? { HOME: this.home },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin ?? "")).catch(() => {});
    await writer.close().catch(() => {});
    const { code, signal, stdout, stderr } = await output;
    const decoder = new TextDecoder();
    return { code, signal, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** As `run`, for starts that must succeed. */
  async start(...parameters: Parameters<PackedRelay["run"]>): Promise<Started> {
    const { code, stdout, stderr } = await this.run(...parameters);
    if (code !== 0 || stderr !== "") throw new Error(`exit ${code}: ${stdout}\n${stderr}`);
    const [flags = "", program = "", source = "", cache = "", runtime = "", ...args] = stdout.split(
      "\n",
    );
    const bare = cache.replace(/\/deno$/, "");
    return { flags, program, source, cache: bare, runtime, args: args.join("\n") };
  }

  /** The unpacked runtime and program in a cache. */
  async unpacked(cache = this.cache): Promise<{ runtime: string; program: string }> {
    const names = (await Array.fromAsync(Deno.readDir(cache))).map(({ name }) => name);
    const folder = (prefix: string) => {
      const found = names.filter((name) => name.startsWith(prefix));
      if (found.length !== 1) throw new Error(`In ${cache}: ${names.join(" ")}`);
      return `${cache}/${found[0]}`;
    };
    return { runtime: `${folder("runtime-")}/wzp-relay`, program: `${folder("program-")}/main.js` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const text = new TextDecoder("latin1").decode(await readIfThere(this.executable));
    const own = [...text.matchAll(/^(?:program|runtime)=([\w-]+)\//gm)].map(([, name]) => name);
    // Caches shared with other executables of this user.
    for (const place of ["/var/tmp", "/tmp", "/dev/shm"]) {
      const cache = `${place}/wzp-relay-${Deno.uid()}`;
      for (const name of own) {
        await Deno.remove(`${cache}/${name}`, { recursive: true }).catch(() => {});
      }
      await Deno.remove(cache).catch(() => {});
    }
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function readIfThere(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch {
    return new Uint8Array();
  }
}
