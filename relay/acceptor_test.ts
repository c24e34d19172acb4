import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import type { Connection, Incoming, Listener } from "../quic/port.ts";
import { Acceptor } from "./acceptor.ts";
import { createCounters } from "./counters/counters.ts";
import { memoryLogger } from "./log/testing_sink.ts";
import { ServiceTable } from "./service_table.ts";
import { turnAway } from "./services/turn_away.ts";

/** A client that begins a handshake and never ends it. */
class SilentClient implements Incoming {
  refused = false;
  /** Whether the transport has done its share of the handshake. */
  begun = false;

  accept(): Promise<Connection> {
    return new Promise(() => {});
  }

  refuse(): void {
    this.refused = true;
  }

  remoteAddress() {
    this.begun = true;
    return { ip: "192.0.2.1", port: 5000 };
  }
}

async function arrive(acceptor: Acceptor, clients: readonly Incoming[]): Promise<void> {
  const queue = [...clients];
  const listener: Listener = { next: () => Promise.resolve(queue.shift() ?? null), stop() {} };
  await acceptor.run(listener);
}

function acceptorFor(perSource: number) {
  const clock = new ManualClock();
  const counters = createCounters();
  const acceptor = new Acceptor({
    clock,
    counters,
    log: memoryLogger(clock).log,
    services: new ServiceTable(turnAway("not available")),
    limits: () => ({
      maxHandshakes: 512,
      maxHandshakesPerSource: perSource,
      maxConnectionsPerSource: 1024,
      handshakeTimeoutMs: 15_000,
    }),
    newId: () => "id",
  });
  return { acceptor, clock, counters };
}

const clients = (count: number) => Array.from({ length: count }, () => new SilentClient());

Deno.test("a flood from one source is refused unseen once many of it linger in the transport", async () => {
  const { acceptor, clock, counters } = acceptorFor(1);
  await arrive(acceptor, clients(1 + 4096));
  assert.equal(counters.handshakes.get("over_source_limit"), 4096);

  const [late] = clients(1);
  await arrive(acceptor, [late!]);
  assert.ok(late!.refused && !late!.begun, "refused before the transport does its share");
  assert.equal(counters.handshakes.get("over_limit"), 1);

  clock.advance(3_000);
  const [later] = clients(1);
  await arrive(acceptor, [later!]);
  assert.ok(later!.begun, "looked at again once those before are forgotten");
});

Deno.test("every client is counted once: by its outcome or as in progress", async () => {
  const { acceptor, counters } = acceptorFor(3);
  await arrive(acceptor, clients(5_000));
  const { handshakes } = counters;
  const outcomes = handshakes.values.reduce((sum, outcome) => sum + handshakes.get(outcome), 0);
  assert.equal(counters.connectionsIncoming, 5_000);
  assert.equal(outcomes + counters.handshakesInProgress, 5_000);
});
