import assert from "node:assert/strict";
import { ManualClock } from "../manual_clock.ts";
import { type DatagramConn, UdpSocket, unmapped } from "./udp_socket.ts";

const peer: Deno.NetAddr = { transport: "udp", hostname: "::ffff:10.0.0.7", port: 9 };
const to = { host: "10.0.0.7", port: 9 };

/** A socket whose receives and sends are answered by the test. */
class ScriptedConn implements DatagramConn {
  readonly addr: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port: 7 };
  readonly sent: Uint8Array[] = [];
  receives: PromiseWithResolvers<[Uint8Array<ArrayBuffer>, Deno.Addr]>[] = [];
  sends: PromiseWithResolvers<number>[] = [];
  isClosed = false;

  receive(): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    const receive = Promise.withResolvers<[Uint8Array<ArrayBuffer>, Deno.Addr]>();
    this.receives.push(receive);
    return receive.promise;
  }

  send(packet: Uint8Array): Promise<number> {
    this.sent.push(packet.slice());
    const send = Promise.withResolvers<number>();
    this.sends.push(send);
    return send.promise;
  }

  close(): void {
    this.isClosed = true;
    this.receives.at(-1)?.reject(new Error("closed"));
  }
}

/** Lets everything run that waits for nothing but its turn. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("a receive that keeps failing is tried again at a walking pace", async () => {
  const conn = new ScriptedConn();
  const clock = new ManualClock();
  const got: unknown[] = [];
  const socket = new UdpSocket(conn, clock, (packet, from) => got.push([...packet], from));
  for (let failures = 1; failures <= 3; failures++) {
    conn.receives.at(-1)?.reject(new Error("unreachable"));
    await settle();
    assert.equal(conn.receives.length, failures);
    clock.advance(10);
    await settle();
    assert.equal(conn.receives.length, failures + 1);
  }
  conn.receives.at(-1)?.resolve([Uint8Array.of(5), peer]);
  await settle();
  assert.deepEqual(got, [[5], to]);
  await socket.close();
});

Deno.test("a send that fails disturbs nobody", async () => {
  const conn = new ScriptedConn();
  const socket = new UdpSocket(conn, new ManualClock(), () => {});
  socket.buffer().set([1, 2, 3]);
  socket.send(2, to);
  assert.deepEqual(conn.sent, [Uint8Array.of(1, 2)]);
  conn.sends[0]?.reject(new Error("ECONNREFUSED"));
  await settle();
  await socket.close();
});

Deno.test("a buffer is used again only when its packet has left", async () => {
  const conn = new ScriptedConn();
  const socket = new UdpSocket(conn, new ManualClock(), () => {});
  const buffer = socket.buffer();
  socket.send(1, to);
  socket.send(1, to);
  assert.notEqual(socket.buffer(), buffer);
  conn.sends[0]?.resolve(1);
  await settle();
  socket.send(1, to);
  assert.equal(socket.buffer(), buffer);
  for (const send of conn.sends) send.resolve(1);
  await socket.close();
});

Deno.test("packets the kernel does not take are lost beyond a limit", async () => {
  const conn = new ScriptedConn();
  const socket = new UdpSocket(conn, new ManualClock(), () => {});
  for (let i = 0; i < 600; i++) socket.send(1, to);
  assert.equal(conn.sent.length, 512);
  for (const send of conn.sends) send.resolve(1);
  await socket.close();
});

Deno.test("closing waits for what is on its way, and sends nothing more", async () => {
  const conn = new ScriptedConn();
  const socket = new UdpSocket(conn, new ManualClock(), () => {});
  socket.send(1, to);
  const closing = socket.close();
  socket.send(1, to);
  await settle();
  assert.equal(conn.isClosed, false);
  conn.sends[0]?.resolve(1);
  await closing;
  assert.equal(conn.isClosed, true);
  assert.equal(conn.sent.length, 1);
});

Deno.test("IPv4 addresses of an IPv6 socket are plain", () => {
  assert.equal(unmapped("::ffff:10.0.0.7"), "10.0.0.7");
  assert.equal(unmapped("10.0.0.7"), "10.0.0.7");
  assert.equal(unmapped("::1"), "::1");
  assert.equal(unmapped("::ffff:0:7"), "::ffff:0:7");
});
