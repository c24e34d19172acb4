/** Processes under measurement: what they cost, where they run, and the relay and the bare loop as such. */
import { join } from "node:path";
import { parseTlsFingerprint } from "../../proto/certificate.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { OutputLog } from "../../tests/harness/output_log.ts";
import {
  relayExecutable,
  type RelayProcess,
  startRelay,
} from "../../tests/harness/relay_process.ts";
import { root } from "../../tools/house/root.ts";

/** Clock ticks per second in /proc; the same on every Linux. */
const TICKS = 100;
const READY_MS = 20_000;

/** Limits that would end a benchmark; those of packets are in the way of a saturating load only. */
export const OPEN_LIMITS = `
max_sessions = 2000
max_sessions_per_address = 2000
max_connections_per_source = 2000
max_packets_per_second = 1000000
max_kbit_per_second = 10000000
`;

/** What a load is sent to. */
export interface Target extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly address: SocketAddress;
  /** SHA-256 of its certificate. */
  readonly pin: Uint8Array;
  /** Whether clients must offer themselves before they are taken in. */
  readonly joins: boolean;
}

/** utime + stime so far, all threads. */
export function cpuSeconds(pid: number): Promise<number> {
  return secondsOf(`/proc/${pid}/stat`);
}

/** The same of the one thread that has used most so far. */
export async function busiestThreadSeconds(pid: number): Promise<number> {
  let most = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    most = Math.max(most, await secondsOf(`/proc/${pid}/task/${name}/stat`));
  }
  return most;
}

async function secondsOf(path: string): Promise<number> {
  const stat = await Deno.readTextFile(path);
  // Fields count from after the program's name, which may hold spaces: utime and stime are the 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Resident memory in KB of 1024 bytes. */
export async function residentKilobytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]);
}

/** Packets that the kernel threw away because a full UDP socket of this port was not read. */
export async function socketDrops(port: number): Promise<number> {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  let drops = 0;
  for (const table of ["/proc/net/udp", "/proc/net/udp6"]) {
    for (const line of (await Deno.readTextFile(table)).split("\n")) {
      // Local address second, drops last.
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(local)) drops += Number(fields.at(-1));
    }
  }
  return drops;
}

/** The first word of a command that runs it on one core; nothing where there is one core or no `taskset`. */
export function onCore(core: number): string[] {
  return canPin() ? ["taskset", "-c", String(core)] : [];
}

/** The first words of a command that runs it only while its core has nothing else to do. */
export function whenIdle(): string[] {
  return canPin() ? ["chrt", "--idle", "0"] : [];
}

/** Lets a process use every core, as it would where nobody measures it. */
export function widen(pid: number): void {
  const cores = `0-${navigator.hardwareConcurrency - 1}`;
  new Deno.Command("taskset", {
    args: ["-a", "-p", "-c", cores, String(pid)],
    stdout: "null",
  }).outputSync();
}

/** Moves this process, with all its threads, to one core. */
export function moveToCore(core: number): void {
  if (canPin()) taskset("-a", "-p", "-c", String(core), String(Deno.pid));
}

/** Whether target and load can have a core each. */
export function canPin(): boolean {
  if (navigator.hardwareConcurrency < 2) return false;
  try {
    return taskset("-p", String(Deno.pid));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function taskset(...args: string[]): boolean {
  return new Deno.Command("taskset", { args, stdout: "null", stderr: "null" }).outputSync().success;
}

/** The built relay on a core of its own. */
export async function startRelayTarget(core = 0, config = ""): Promise<Target & RelayTarget> {
  try {
    await Deno.stat(relayExecutable());
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.error(`There is no ${relayExecutable()}; run ./compile.sh first`);
    Deno.exit(66);
  }
  const relay = await startRelay({ through: onCore(core), config: OPEN_LIMITS + config });
  return {
    name: "relay",
    pid: relay.pid,
    address: relay.address,
    pin: parseTlsFingerprint(relay.tlsFingerprint),
    joins: true,
    process: relay,
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

interface RelayTarget {
  readonly process: RelayProcess;
}

/** The bare loop on a core of its own. */
export async function startBareTarget(core = 0): Promise<Target> {
  const command = [
    ...onCore(core),
    Deno.execPath(),
    "run",
    "-A",
    join(root, "bench/bare_loop.ts"),
  ];
  const child = new Deno.Command(command[0]!, {
    args: command.slice(1),
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const output = new OutputLog(child.stdout);
  const [, port, pin] = await output.match(/^listening (\d+) (\S+)$/m, READY_MS);
  return {
    name: "bare loop",
    pid: child.pid,
    address: { ip: "127.0.0.1", port: Number(port) },
    pin: parseTlsFingerprint(pin!),
    joins: false,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await output.finished;
    },
  };
}
