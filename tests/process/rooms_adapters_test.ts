/** A room with clients on both QUIC libraries. In a process of its own, as everything that loads the second one. */
import assert from "node:assert/strict";
import { matrixaiTransport } from "../../quic/matrixai/mod.ts";
import { SENT } from "../../quic/port.ts";
import type { TestClient } from "../harness/test_client.ts";
import { clientsOf, relayTest } from "./relay_rig.ts";

relayTest(
  "clients on either QUIC library hear each other in one room",
  async ({ clients, relay }) => {
    await using native = await clientsOf(relay, matrixaiTransport);
    const all: TestClient[] = [];
    for (const socket of [clients, native, clients, native]) all.push(await socket.join("mixed"));
    for (const client of all) await client.inRoomOf(4);
    const PACKETS = 50;
    for (let turn = 0; turn < PACKETS; turn++) {
      for (const [i, client] of all.entries()) assert.equal(client.speak(1_000 * i + turn), SENT);
      await Promise.all(
        all.map((client) => client.until(() => client.packets.length >= 3 * (turn + 1))),
      );
    }
    for (const [i, client] of all.entries()) {
      const others = [0, 1, 2, 3].filter((other) => other !== i);
      for (const other of others) {
        const heard = client.heard.filter((seq) => Math.trunc(seq / 1_000) === other);
        assert.deepEqual(heard, Array.from({ length: PACKETS }, (_, n) => 1_000 * other + n));
      }
      assert.equal(client.packets.length, others.length * PACKETS);
    }
    all[1]!.leave();
    await all[0]!.inRoomOf(3);
    await all[3]!.inRoomOf(3);
  },
);
