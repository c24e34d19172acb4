/** How a relay runs and ends, as its operator and its service manager see it. */
import assert from "node:assert/strict";
import { RelayProcess, startRelay } from "../harness/relay_process.ts";
import { answerTo, LIMIT_MS, linger } from "./callers.ts";
import { scratch } from "./disk.ts";
import { httpAddress } from "./raw_http.ts";

/** The counters a relay printed last. */
function lastCounters(relay: RelayProcess): Record<string, unknown> {
  return JSON.parse(relay.stdout.text.trim().split("\n").at(-1)!);
}

Deno.test("an idle relay ends with exit code 0 on SIGTERM and on SIGINT, its counters as the last line", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await using relay = await startRelay();
    await answerTo(relay, "ping");
    assert.deepEqual(await relay.stop(signal), { code: 0, signal: null });
    const { wzp_relay_connections_total: connections } = lastCounters(relay);
    assert.equal((connections as Record<string, number>)["ping"], 1);
    const states = relay.stdout.text.matchAll(/relay: (serving|draining|stopping|stopped)\b/g);
    assert.deepEqual([...states].map(([, state]) => state), [
      "serving",
      "draining",
      "stopping",
      "stopped",
    ]);
    assert.equal(relay.stderr.text, "");
  }
});

Deno.test("signals count from the first line on: it ends, reloads and prints its counters while it starts", async () => {
  const starting = async () => {
    const relay = await RelayProcess.spawn({ args: ["--listen", "127.0.0.1:0"] });
    await relay.stdout.match(/ relay: starting addr=/, LIMIT_MS);
    return relay;
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    await using relay = await starting();
    assert.deepEqual(await relay.stop(signal), { code: 0, signal: null });
    assert.match(relay.stdout.text, / relay: stopped\n\{"wzp_/);
    assert.equal(relay.stderr.text, "");
  }
  await using relay = await starting();
  relay.signal("SIGHUP");
  relay.signal("SIGUSR1");
  await relay.stdout.match(/configuration reloaded/, LIMIT_MS);
  assert.match(relay.stdout.text, /Listening for connections[^]*configuration reloaded/);
  assert.match(relay.stdout.text, /^\{"wzp_/m);
  assert.deepEqual(await relay.stop(), { code: 0, signal: null });
});

Deno.test("clients get an application close with code 0 when the relay ends", async () => {
  await using relay = await startRelay();
  for (let attempt = 1;; attempt++) {
    const began = performance.now();
    const clients = await Promise.all(Array.from({ length: 10 }, () => linger(relay)));
    await relay.stdout.matchTimes(/handshake complete/, 10, LIMIT_MS);
    // Slower than the relay's patience with such clients: says nothing about its end.
    if (performance.now() - began > 2_000 && attempt < 10) continue;
    const closed = Promise.all(clients.map((client) => client.closed));
    assert.deepEqual(await relay.stop(), { code: 0, signal: null });
    for (const { closeCode, reason } of await closed) {
      assert.deepEqual({ closeCode, reason }, { closeCode: 0, reason: "shutdown" });
    }
    break;
  }
});

Deno.test("after the end the ports are free and the lock is gone", async () => {
  await using home = await scratch();
  await using first = await startRelay({ home: home.path });
  const { port } = first.address;
  const http = await httpAddress(first);
  await first.stop();
  // Its own number may be taken for HTTP by then, since the first one chose each of them freely.
  const args = ["--listen", `127.0.0.1:${port}`, "--http-listen", `127.0.0.1:${http.port}`];
  await using second = await startRelay({ home: home.path, args });
  assert.equal(second.address.port, port);
});

Deno.test("SIGUSR1 prints all counters as one line of JSON, as often as it is sent", async () => {
  await using relay = await startRelay();
  const names = Object.keys(await relay.counters());
  assert.deepEqual(names, names.toSorted());
  assert.ok(names.every((name) => /^wzp_[a-z_]+$/.test(name)));
  await answerTo(relay, "ping");
  const counters = await relay.counters();
  assert.deepEqual(Object.keys(counters), names);
  assert.equal((counters["wzp_relay_connections_total"] as Record<string, number>)["ping"], 1);
});

Deno.test("no debugger stays open after SIGUSR1", async () => {
  await using relay = await startRelay();
  for (let i = 0; i < 5; i++) await relay.counters();
  const end = performance.now() + LIMIT_MS;
  // The platform opens it in a thread of its own, so it may come and go while we look.
  while (await debuggerOpen(relay.pid)) {
    assert.ok(performance.now() < end, "a debugger is open");
  }
  await answerTo(relay, "ping");
  assert.equal(await debuggerOpen(relay.pid), false);
});

/** Whether this process listens on the debugger's port; others may use it. */
async function debuggerOpen(pid: number): Promise<boolean> {
  const hexPort = (9229).toString(16).toUpperCase();
  const listening = new Set<string>();
  for (const table of ["tcp", "tcp6"]) {
    for (const line of (await Deno.readTextFile(`/proc/${pid}/net/${table}`)).split("\n")) {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      if (local.endsWith(`:${hexPort}`) && state === "0A") listening.add(`socket:[${inode}]`);
    }
  }
  if (listening.size === 0) return false;
  for await (const { name } of Deno.readDir(`/proc/${pid}/fd`)) {
    try {
      if (listening.has(await Deno.readLink(`/proc/${pid}/fd/${name}`))) return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return false;
}

Deno.test("signals by the dozen are all survived", async () => {
  await using relay = await startRelay();
  for (let i = 0; i < 30; i++) {
    relay.signal("SIGHUP");
    relay.signal("SIGUSR1");
  }
  await relay.counters();
  await answerTo(relay, "ping");
  assert.deepEqual(await relay.stop(), { code: 0, signal: null });
});

Deno.test("a service manager is told when the relay is ready, reloads and stops", async () => {
  await using home = await scratch();
  const path = `${home.path}/notify`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  try {
    const heard = async () => new TextDecoder().decode((await socket.receive())[0]);
    await using relay = await startRelay({ env: { NOTIFY_SOCKET: path } });
    assert.match(await heard(), /^READY=1\n/);
    relay.signal("SIGHUP");
    assert.match(await heard(), /^RELOADING=1/);
    assert.match(await heard(), /^READY=1\n/);
    relay.signal("SIGTERM");
    assert.match(await heard(), /^STOPPING=1\n/);
    assert.deepEqual(await relay.exit(), { code: 0, signal: null });
  } finally {
    socket.close();
  }
});

Deno.test("a service manager that does not listen is a warning, one that does not read holds up nothing", async () => {
  await using home = await scratch();
  {
    const env = { NOTIFY_SOCKET: `${home.path}/nobody` };
    await using relay = await startRelay({ env });
    await relay.stdout.match(/ WARN .*service manager/, LIMIT_MS);
    assert.deepEqual(await relay.stop(), { code: 0, signal: null });
  }
  const path = `${home.path}/full`;
  const socket = Deno.listenDatagram({ transport: "unixpacket", path });
  const filler = Deno.listenDatagram({ transport: "unixpacket", path: `${path}er` });
  try {
    await using relay = await startRelay({ env: { NOTIFY_SOCKET: path } });
    const room = Number(await Deno.readTextFile("/proc/sys/net/unix/max_dgram_qlen")) + 2;
    for (let i = 0; i < room; i++) {
      filler.send(Uint8Array.of(1), { transport: "unixpacket", path }).catch(() => {});
    }
    relay.signal("SIGHUP");
    assert.equal((await relay.counters())["wzp_relay_internal_errors_total"], 0);
    await answerTo(relay, "ping");
    assert.deepEqual(await relay.stop(), { code: 0, signal: null });
  } finally {
    filler.close();
    socket.close();
  }
});
