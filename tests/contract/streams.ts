/** What a transport must do with streams. */
import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { BidiStream, Connection, SendStream } from "../../quic/port.ts";
import { QuicError } from "../../quic/errors.ts";
import { quicError } from "./handshakes.ts";
import { contractTest, echo, type Pair, pattern, readAll, until } from "./rig.ts";

/** Streams of one kind a peer may have open. */
const CREDIT = 100;
const MIB = 1024 * 1024;

const SIZES = [0, 1, 2, 100, 1_199, 4_096, 16_384, 16_385, 65_535, 65_536, 262_145, MIB];

export function streamContract(pair: Pair): void {
  contractTest(
    pair,
    "bidirectional streams carry bytes both ways, from both sides",
    async (rig) => {
      const [client, server] = await rig.connect();
      for (const [opener, acceptor] of [[client, server], [server, client]] as const) {
        for (const size of SIZES) {
          const question = await opener.openBidi();
          const asked = question.send.finish(pattern(size));
          const answer = await acceptBidi(acceptor);
          assert.equal(answer.send.id, question.send.id);
          assert.deepEqual(await readAll(answer.receive), pattern(size));
          await asked;
          const answered = answer.send.finish(pattern(size + 1));
          assert.deepEqual(await readAll(question.receive), pattern(size + 1));
          await answered;
        }
      }
    },
  );

  contractTest(pair, "unidirectional streams carry bytes from both sides", async (rig) => {
    const [client, server] = await rig.connect();
    for (const [opener, acceptor] of [[client, server], [server, client]] as const) {
      for (const size of SIZES) {
        const sent = opener.openUni().then((send) => send.finish(pattern(size)));
        const receive = await acceptor.acceptUni();
        assert.ok(receive !== null);
        assert.deepEqual(await readAll(receive), pattern(size));
        assert.equal(await receive.read(), null);
        await sent;
      }
    }
  });

  contractTest(pair, "what is written in pieces arrives in order", async (rig) => {
    const [client, server] = await rig.connect();
    const { send } = await client.openBidi();
    const accepted = acceptBidi(server);
    const written = (async () => {
      for (let i = 0; i < 50; i++) await send.write(pattern(i));
      await send.finish();
    })();
    const all = await readAll((await accepted).receive);
    await written;
    const pieces = Array.from({ length: 50 }, (_, i) => [...pattern(i)]);
    assert.deepEqual(all, Uint8Array.from(pieces.flat()));
  });

  contractTest(pair, "streams are accepted in the order of their ids", async (rig) => {
    const [client, server] = await rig.connect();
    const opened: BidiStream[] = [];
    for (let i = 0; i < 10; i++) opened.push(await client.openBidi());
    const ids = opened.map(({ send }) => send.id);
    assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
    // The last one speaks first; its bytes make all before it known to the server.
    for (const { send } of opened.toReversed()) await send.finish(pattern(5));
    const accepted: number[] = [];
    while (accepted.length < ids.length) {
      const { receive } = await acceptBidi(server);
      assert.deepEqual(await readAll(receive), pattern(5));
      accepted.push(receive.id);
    }
    assert.deepEqual(accepted, ids);
  });

  contractTest(pair, "300 unread messages block only their opener's next stream", async (rig) => {
    const [client, server] = await rig.connect();
    let opened = 0;
    const sent = Array.from({ length: 300 }, async (_, i) => {
      const { send, receive } = await client.openBidi();
      opened++;
      receive.stop();
      await send.finish(pattern(i));
    });
    await until(() => opened === CREDIT);
    // First nobody accepts, then nobody reads what was accepted: neither gives credit back.
    const clientEcho = echo(client, server);
    for (let i = 0; i < 50; i++) assert.deepEqual(await clientEcho(pattern(200)), pattern(200));
    assert.equal(opened, CREDIT);
    const accepted: BidiStream[] = [];
    while (accepted.length < CREDIT) accepted.push(await acceptBidi(server));
    for (let i = 0; i < 50; i++) assert.deepEqual(await clientEcho(pattern(200)), pattern(200));
    assert.equal(opened, CREDIT);
    // The other direction has a credit of its own.
    await (await server.openBidi()).send.finish(pattern(10));
    assert.deepEqual(await readAll((await acceptBidi(client)).receive), pattern(10));
    for (let i = 0; i < 300; i++) {
      const { send, receive } = accepted[i] ?? await acceptBidi(server);
      assert.deepEqual(await readAll(receive), pattern(i));
      send.reset(0);
    }
    await Promise.all(sent);
    assert.equal(opened, 300);
  });

  contractTest(pair, "an opener waiting for credit ends with the connection", async (rig) => {
    const [client, server] = await rig.connect();
    for (let i = 0; i < CREDIT; i++) await client.openUni();
    const waiting = assert.rejects(client.openUni(), quicError("closed"));
    server.close();
    await waiting;
  });

  contractTest(pair, "a stream that stalls half-way holds up nothing else", async (rig) => {
    const [client, server] = await rig.connect();
    const stalled = await client.openBidi();
    await stalled.send.write(pattern(10));
    const { receive } = await acceptBidi(server);
    assert.deepEqual(await receive.read(), pattern(10));
    const rest = receive.read();

    assert.deepEqual(await echo(client, server)(pattern(50)), pattern(50));
    for (let i = 0; i < 10; i++) {
      await (await client.openBidi()).send.finish(pattern(i));
      assert.deepEqual(await readAll((await acceptBidi(server)).receive), pattern(i));
    }

    const stopped = assert.rejects(rest, quicError("stream_reset"));
    receive.stop();
    await stopped;
    await assert.rejects(receive.read(), quicError("stream_reset"));
    await assert.rejects(writeForEver(stalled.send), quicError("stream_reset"));
    assert.equal(client.closeInfo, null);
    assert.equal(server.closeInfo, null);
  });

  contractTest(pair, "an abandoned stream ends for its reader", async (rig) => {
    const [client, server] = await rig.connect();
    const { send, receive: unused } = await client.openBidi();
    unused.stop();
    await send.write(pattern(10));
    const { receive } = await acceptBidi(server);
    assert.deepEqual(await receive.read(), pattern(10));
    send.reset();
    // An adapter that cannot reset ends the stream early instead.
    const end = await receive.read().catch((error) => error);
    if (end !== null) quicError("stream_reset")(end);
    await assert.rejects(send.write(pattern(1)), QuicError);
    send.reset();
    assert.equal(client.closeInfo, null);
  });

  contractTest(
    pair,
    "halves closed with code 0 around a whole message are no error",
    async (rig) => {
      const [client, server] = await rig.connect();
      // More often than there is credit: each exchange must give its stream back.
      for (let i = 0; i < 2 * CREDIT + 50; i++) {
        const { send, receive: unused } = await client.openBidi();
        unused.stop(0);
        const sent = send.finish(pattern(100));
        const { send: unusedToo, receive } = await acceptBidi(server);
        assert.deepEqual(await receive.read(), pattern(100));
        if (i % 2 === 0) unusedToo.reset(0);
        else await unusedToo.finish().catch(quicError("stream_reset"));
        // As the original does: the message is whole, the end of the stream is not waited for.
        receive.stop(0);
        await sent;
        // Of a finished stream nothing is left to undo.
        send.reset(0);
      }
      assert.deepEqual(await echo(client, server)(pattern(50)), pattern(50));
    },
  );

  contractTest(pair, "100 MiB of garbage streams leave the server's memory alone", async (rig) => {
    const [client, server] = await rig.connect();
    const garbage = crypto.getRandomValues(new Uint8Array(65_536));
    const resident: number[] = [];
    const sending = (async () => {
      for (let i = 0; i < 100; i++) {
        const { send, receive } = await client.openBidi();
        receive.stop();
        for (let sent = 0; sent < MIB; sent += garbage.length) await send.write(garbage);
        await send.finish();
      }
    })();
    let dropped = 0;
    for (let i = 0; i < 100; i++) {
      const { send, receive } = await acceptBidi(server);
      send.reset();
      for (let bytes = await receive.read(); bytes !== null; bytes = await receive.read()) {
        dropped += bytes.length;
      }
      if (i % 10 === 9) resident.push(residentAfterCollection());
    }
    await sending;
    assert.equal(dropped, 100 * MIB);
    // The first tenth brings buffers and windows to their working size.
    const grown = (Math.max(...resident) - resident[0]!) / MIB;
    assert.ok(grown < 32, `Memory grew by ${grown.toFixed(0)} MiB`);
    assert.deepEqual(await echo(client, server)(pattern(50)), pattern(50));
  });
}

async function acceptBidi(connection: Connection): Promise<BidiStream> {
  const stream = await connection.acceptBidi();
  assert.ok(stream !== null, "The connection is closed");
  return stream;
}

/** Memory in use, without what only waits for the garbage collector. */
function residentAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return Deno.memoryUsage().rss;
}

/** Writes until the stream says no; a stop takes a round trip to arrive. */
async function writeForEver(stream: SendStream): Promise<never> {
  for (;;) {
    await stream.write(pattern(10));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
