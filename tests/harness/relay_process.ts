/** Starts the built executable for whole-process tests and talks to it as an operator does. */
import { join } from "node:path";
import { root } from "../../tools/house/root.ts";
import { MARK } from "./leftovers.ts";
import { OutputLog } from "./output_log.ts";

export interface RelayOptions {
  /** Without `--listen` among them the relay listens on a free port of 127.0.0.1. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Text of a configuration file, given with `-c`. */
  readonly config?: string;
  /** HOME of the relay, kept afterwards; without it a directory of its own, removed at the end. */
  readonly home?: string;
  /** Current directory; HOME by default. */
  readonly cwd?: string;
  /** Program and arguments the relay is started through, for example `ip netns exec NAME`. */
  readonly through?: readonly string[];
}

export interface Exit {
  readonly code: number;
  readonly signal: Deno.Signal | null;
}

export interface FinishedRelay extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Far above what anything takes on a busy machine: only a hang reaches it. */
const LIMIT_MS = 60_000;
/** One cache for all, so that only the first start of a packed executable unpacks it. */
const CACHE = join(root, "tests/out/cache");

/** The executable under test. */
export function relayExecutable(): string {
  return Deno.env.get("RELAY_TEST_EXECUTABLE") ?? join(root, "wzp-relay");
}

/** Starts a relay and waits until it is ready. Rejects with all its output when it does not get there. */
export async function startRelay(options: RelayOptions = {}): Promise<RelayProcess> {
  const listens = options.args?.some((arg) => arg === "--listen" || arg.startsWith("--listen="));
  const args = [...listens ? [] : ["--listen", "127.0.0.1:0"], ...options.args ?? []];
  const relay = await RelayProcess.spawn({ ...options, args });
  try {
    await relay.stdout.match(/Listening for connections\.\.\./, LIMIT_MS);
    return relay;
  } catch (error) {
    await relay[Symbol.asyncDispose]();
    throw new Error(`The relay did not get ready.\n${relay.stderr.text}`, { cause: error });
  }
}

/** Runs the executable to its end, for flags that print and exit and for starts that fail. */
export async function runRelay(options: RelayOptions): Promise<FinishedRelay> {
  await using relay = await RelayProcess.spawn(options);
  const exit = await relay.exit();
  return { ...exit, stdout: relay.stdout.text, stderr: relay.stderr.text };
}

/** A relay that was started; with `await using` it ends with the block that holds it. */
export class RelayProcess implements AsyncDisposable {
  readonly home: string;
  readonly stdout: OutputLog;
  readonly stderr: OutputLog;
  readonly #child: Deno.ChildProcess;
  readonly #removeHome: boolean;
  #ended = false;

  private constructor(child: Deno.ChildProcess, home: string, removeHome: boolean) {
    this.home = home;
    this.#child = child;
    this.#removeHome = removeHome;
    this.stdout = new OutputLog(child.stdout);
    this.stderr = new OutputLog(child.stderr);
    child.status.then(() => this.#ended = true);
  }

  static async spawn(options: RelayOptions): Promise<RelayProcess> {
    const home = options.home ?? await Deno.makeTempDir({ prefix: "wzp-relay-test-" });
    const args = [...options.args ?? []];
    if (options.config !== undefined) {
      await Deno.writeTextFile(`${home}/relay.toml`, options.config);
      args.unshift("-c", `${home}/relay.toml`);
    }
    const mark = Deno.env.get(MARK);
    const [program = "", ...words] = [...options.through ?? [], relayExecutable(), ...args];
    const child = new Deno.Command(program, {
      args: words,
      cwd: options.cwd ?? home,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
        HOME: home,
        XDG_CACHE_HOME: CACHE,
        NO_COLOR: "1",
        ...mark !== undefined && { [MARK]: mark },
        ...options.env,
      },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new RelayProcess(child, home, options.home === undefined);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Where it listens, as its log says. */
  get address(): { readonly ip: string; readonly port: number } {
    const [, ip, port] = this.#logged(/\bstarting\b.*?\baddr="?\[?([^\s"\]]+)\]?:(\d+)/);
    return { ip: ip ?? "", port: Number(port) };
  }

  /** SHA-256 of its certificate, octets joined by colons. */
  get tlsFingerprint(): string {
    return this.#logged(/\btls_fingerprint="?([0-9a-f:]{95})/)[1] ?? "";
  }

  /** The identity's fingerprint as clients show it. */
  get fingerprint(): string {
    return this.#logged(/\sfingerprint="?([0-9a-f:]+)/)[1] ?? "";
  }

  signal(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for the end; a relay that does not end is killed and the call rejects. */
  async exit(): Promise<Exit> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), LIMIT_MS);
    const { code, signal } = await this.#child.status;
    clearTimeout(timer);
    await Promise.all([this.stdout.finished, this.stderr.finished]);
    if (signal === "SIGKILL") {
      throw new Error(`The relay did not end.\n${this.stdout.text}\n${this.stderr.text}`);
    }
    return { code, signal };
  }

  /** Asks it to end and waits until it has. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Exit> {
    this.signal(signal);
    return await this.exit();
  }

  /** Puts a configuration in the place of the one it was started with; resolves once it was taken, or refused. */
  async reload(config: string): Promise<void> {
    const from = this.stdout.text.length;
    await Deno.writeTextFile(`${this.home}/relay.toml`, config);
    this.signal("SIGHUP");
    await this.stdout.match(/configuration (?:not )?reloaded/, LIMIT_MS, from);
  }

  /** All its counters, by metric name: SIGUSR1 prints them as one line of JSON. */
  async counters(): Promise<Record<string, unknown>> {
    const from = this.stdout.text.length;
    this.signal("SIGUSR1");
    // Log lines may be JSON too, but have a level.
    const [line] = await this.stdout.match(/^\{(?!.*"level":).*\}$/m, LIMIT_MS, from);
    return JSON.parse(line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) this.#child.kill("SIGKILL");
    await this.#child.status;
    await Promise.all([this.stdout.finished, this.stderr.finished]);
    if (this.#removeHome) await Deno.remove(this.home, { recursive: true });
  }

  #logged(pattern: RegExp): RegExpMatchArray {
    const match = this.stdout.text.match(pattern);
    if (match === null) throw new Error(`${pattern} is not in the output:\n${this.stdout.text}`);
    return match;
  }
}
