import assert from "node:assert/strict";
import type { Fields, Log } from "./ports/log.ts";
import { silentLog } from "./ports/log.ts";
import { serviceManager } from "./systemd.ts";

function warnings(): { log: Log; seen: [string, Fields?][] } {
  const seen: [string, Fields?][] = [];
  return {
    seen,
    log: { ...silentLog, warn: (...line) => void seen.push(line as [string, Fields?]) },
  };
}

async function received(socket: Deno.DatagramConn): Promise<string> {
  const [bytes] = await socket.receive();
  return new TextDecoder().decode(bytes);
}

async function exchange(listenPath: string, notifySocket: string): Promise<string[]> {
  const { log, seen } = warnings();
  const socket = Deno.listenDatagram({ transport: "unixpacket", path: listenPath });
  const manager = serviceManager(notifySocket, log);
  try {
    await manager.ready("Listening on :4433");
    await manager.status("2 rooms\nREADY=0");
    await manager.reloading();
    await manager.ready();
    await manager.stopping("Draining");
    assert.deepEqual(seen, []);
    const messages: string[] = [];
    for (let i = 0; i < 5; i++) messages.push(await received(socket));
    return messages;
  } finally {
    manager.close();
    socket.close();
  }
}

const EXPECTED = [
  "READY=1\nSTATUS=Listening on :4433",
  "STATUS=2 rooms READY=0",
  "RELOADING=1",
  "READY=1",
  "STOPPING=1\nSTATUS=Draining",
];

Deno.test("a service manager with a socket in the file system gets every message in order", async () => {
  const dir = Deno.makeTempDirSync();
  try {
    assert.deepEqual(await exchange(`${dir}/notify`, `${dir}/notify`), EXPECTED);
  } finally {
    Deno.removeSync(dir, { recursive: true });
  }
});

Deno.test({
  name: "a service manager with an abstract socket gets every message in order",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const name = `wzp-test/${crypto.randomUUID()}`;
    assert.deepEqual(await exchange(`\0${name}`, `@${name}`), EXPECTED);
  },
});

Deno.test("a socket that is missing or of another kind is said once and never throws", async () => {
  for (const socket of ["/nonexistent/notify", "@wzp-test-nobody-listens", "vsock:2:1234"]) {
    const { log, seen } = warnings();
    const manager = serviceManager(socket, log);
    await manager.ready();
    await manager.status("x");
    manager.close();
    await manager.stopping();
    manager.close();
    assert.equal(seen.length, 1, socket);
    assert.equal(seen[0]![1]!.socket, socket);
  }
});

Deno.test("without a service manager nothing happens", async () => {
  for (const socket of [undefined, ""]) {
    const { log, seen } = warnings();
    const manager = serviceManager(socket, log);
    await manager.ready("x");
    await manager.stopping();
    manager.close();
    assert.deepEqual(seen, []);
  }
});
