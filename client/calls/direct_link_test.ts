import assert from "node:assert/strict";
import { QuicError } from "../../quic/errors.ts";
import { memoryPair } from "../../quic/memory_pair.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import { CLOSED, type Connection, SENT } from "../../quic/port.ts";
import { DirectLink } from "./direct_link.ts";

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function setUp() {
  const log: string[] = [];
  const link = new DirectLink(() => log.push("up"), () => log.push("down"));
  return { link, log };
}

async function dialling(ports: readonly number[]) {
  const { link, log } = setUp();
  const transport = new MemoryTransport();
  const answers = new Map<number, PromiseWithResolvers<Connection>>();
  transport.onDial = ({ address }) => {
    const answer = Promise.withResolvers<Connection>();
    answers.set(address.port, answer);
    return answer.promise;
  };
  const dialled = link.dial({
    endpoint: await transport.open({ ip: "127.0.0.1", port: 0 }),
    candidates: ports.map((port) => ({ ip: "127.0.0.1", port })),
    serverName: "call-call-1",
    pin: new Uint8Array(32),
  });
  await settle();
  const fail = (port: number) => answers.get(port)!.reject(new QuicError("timeout", "No answer."));
  const answer = (port: number) => {
    const [client, server] = memoryPair();
    answers.get(port)!.resolve(client);
    return server;
  };
  return { link, log, transport, dialled, answer, fail };
}

Deno.test("all candidates are dialled at once, the first answer is kept, later ones are not selected", async () => {
  const { link, log, transport, dialled, answer, fail } = await dialling([1, 2, 3]);
  assert.deepEqual(transport.dials.map(({ address, serverName }) => [address.port, serverName]), [
    [1, "call-call-1"],
    [2, "call-call-1"],
    [3, "call-call-1"],
  ]);
  fail(1);
  const winner = answer(3);
  await settle();
  const loser = answer(2);
  await dialled;
  assert.deepEqual(log, ["up"]);
  assert.equal(winner.closeInfo, null);
  assert.equal(loser.closeInfo?.reason, "not-selected");
  assert.equal(link.send(new Uint8Array(1)), SENT);
});

Deno.test("when none answers, or there are none, the link is down", async () => {
  const failing = await dialling([1, 2]);
  failing.fail(1);
  await settle();
  assert.deepEqual(failing.log, []);
  failing.fail(2);
  await failing.dialled;
  assert.deepEqual(failing.log, ["down"]);
  const nowhere = await dialling([]);
  await nowhere.dialled;
  assert.deepEqual(nowhere.log, ["down"]);
  assert.equal((await nowhere.link.closed).kind, "error");
});

Deno.test("an answer after the end is not selected", async () => {
  const { link, dialled, answer } = await dialling([1]);
  link.close("not-selected");
  const late = answer(1);
  await dialled;
  assert.equal(late.closeInfo?.reason, "not-selected");
});

Deno.test("of several connections the one that the dialler leaves open is used", async () => {
  const { link, log } = setUp();
  const [[loser, theirLoser], [winner, theirWinner]] = [memoryPair(), memoryPair()];
  link.add(loser);
  link.add(winner);
  const heard: number[] = [];
  link.onDatagram(([byte]) => heard.push(byte!));
  const theyHeard: number[] = [];
  theirWinner.onDatagram(([byte]) => theyHeard.push(byte!));
  theirWinner.sendDatagram(Uint8Array.of(7));
  theirLoser.close(0, "not-selected");
  await settle();
  assert.deepEqual(log, ["up"]);
  assert.equal(link.closeInfo, null);
  assert.equal(link.send(Uint8Array.of(9)), SENT);
  assert.deepEqual([heard, theyHeard], [[7], [9]]);
  theirWinner.close(0, "bye");
  assert.equal((await link.closed).reason, "bye");
  assert.deepEqual(log, ["up", "down"]);
  assert.equal(link.send(Uint8Array.of(9)), CLOSED);
});
