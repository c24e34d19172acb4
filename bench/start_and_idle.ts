/** Start time to the ready marker, and memory and CPU share of the built executable while idle. */
import { join } from "node:path";
import { cpuSeconds, residentKilobytes } from "./rig/processes.ts";
import { root } from "../tools/house/root.ts";

/*
 * Method: the executable is started with a new HOME and a cache of its own, once with an empty cache and then again in
 * rounds with the same HOME. Measured is the time from the start of the process to its ready marker on a pipe. The
 * last relay is left alone for some seconds; memory is VmRSS of /proc/PID/status at the end of that, CPU is utime + stime
 * of /proc/PID/stat over that time, as a share of one core.
 */
const [rounds = 20, idleSeconds = 10] = Deno.args.map(Number);
const executable = Deno.env.get("WZP_RELAY") ?? join(root, "wzp-relay");
const READY = "Listening for connections...";

const home = await Deno.makeTempDir({ prefix: "wzp-bench-" });
try {
  const first = await start();
  await first.stop();
  const times: number[] = [];
  for (let round = 0; round < rounds - 1; round++) {
    const relay = await start();
    times.push(relay.ms);
    await relay.stop();
  }
  const relay = await start();
  times.push(relay.ms);
  const before = await cpuSeconds(relay.pid);
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, idleSeconds * 1000));
  const busy = await cpuSeconds(relay.pid) - before;
  const seconds = (performance.now() - began) / 1000;
  const memory = await residentKilobytes(relay.pid) * 1024 / 1e6;
  await relay.stop();

  times.sort((a, b) => a - b);
  const size = (await Deno.stat(executable)).size / 1e6;
  for (
    const [what, value] of [
      ["executable", `${size.toFixed(1)} MB`],
      ["first start", `${first.ms.toFixed(0)} ms`],
      [`later starts, median of ${rounds}`, `${times[rounds >> 1]!.toFixed(0)} ms`],
      ["  fastest and slowest", `${times[0]!.toFixed(0)} and ${times.at(-1)!.toFixed(0)} ms`],
      [`resident memory after ${seconds.toFixed(0)} s idle`, `${memory.toFixed(1)} MB`],
      ["CPU while idle", `${(100 * busy / seconds).toFixed(2)} % of a core`],
    ]
  ) console.log(`${what!.padEnd(34)} ${value}`);
} finally {
  await Deno.remove(home, { recursive: true });
}

/** Starts a relay and waits until it is ready. */
async function start() {
  const began = performance.now();
  const child = new Deno.Command(executable, {
    args: ["--listen", "127.0.0.1:0"],
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
      HOME: home,
      XDG_CACHE_HOME: `${home}/.cache`,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; !text.includes(READY);) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`The relay did not get ready:\n${text}`);
    text += value;
  }
  const ms = performance.now() - began;
  return {
    ms,
    pid: child.pid,
    async stop() {
      child.kill("SIGTERM");
      while (!(await reader.read()).done);
      await child.status;
    },
  };
}
