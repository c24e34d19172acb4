/** SIGUSR1 asks for counters; it must not hand the relay to whoever else uses the machine. */
import assert from "node:assert/strict";
import { relayExecutable, startRelay } from "../harness/relay_process.ts";
import { testUnless } from "../harness/skips.ts";

testUnless(reasonToSkip(), "no debugger tells its name, before and after SIGUSR1", async () => {
  await using relay = await startRelay({ args: ["--http-listen", "off"] });
  const before = await debuggerPort(relay.pid);
  await relay.counters();
  assert.equal(await debuggerPort(relay.pid), before);
  for (const path of ["/json", "/json/list", "/"]) {
    const answer = await fetch(`http://127.0.0.1:${before}${path}`);
    assert.equal(answer.status, 404, await answer.text());
  }
  await relay.stop();
  assert.doesNotMatch(relay.stderr.text, /Debugger/);
});

/** The one TCP port the process listens on: with it taken by a nameless debugger, SIGUSR1 opens no other. */
async function debuggerPort(pid: number): Promise<number> {
  const inodes = new Set<string>();
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${pid}/fd/${name}`).catch(() => "");
    inodes.add(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "");
  }
  const ports: number[] = [];
  for (const line of (await Deno.readTextFile("/proc/net/tcp")).split("\n").slice(1)) {
    const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
    if (state === LISTENING && inodes.has(inode)) ports.push(parseInt(local.split(":")[1]!, 16));
  }
  assert.equal(ports.length, 1, `listens on TCP ports ${ports.join(", ") || "none"}`);
  return ports[0]!;
}

const LISTENING = "0A";

function reasonToSkip(): string | null {
  if (Deno.build.os !== "linux") return "sockets of a process are looked up in Linux's /proc";
  using file = Deno.openSync(relayExecutable());
  const start = new Uint8Array(2);
  file.readSync(start);
  return new TextDecoder().decode(start) === "#!"
    ? null
    : "a compiled executable has no debugger at all";
}
