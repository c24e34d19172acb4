import assert from "node:assert/strict";
import { ManualClock } from "../quic/manual_clock.ts";
import { QuicError } from "../quic/errors.ts";
import type { Connection, Incoming, Listener } from "../quic/port.ts";
import { Acceptor } from "./acceptor.ts";
import { createCounters } from "./counters/counters.ts";
import { memoryLogger } from "./log/testing_sink.ts";
import { ServiceTable } from "./service_table.ts";
import { pingService } from "./services/ping.ts";

/** A client that begins a handshake and never ends it. */
class SilentClient implements Incoming {
  refused = false;
  /** Whether the transport has done its share of the handshake. */
  begun = false;
  readonly #accepted = Promise.withResolvers<Connection>();

  accept(): Promise<Connection> {
    return this.#accepted.promise;
  }

  refuse(): void {
    this.refused = true;
    this.#accepted.reject(new QuicError("aborted", "turned away"));
    this.#accepted.promise.catch(() => {});
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
    services: new ServiceTable(pingService),
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

Deno.test("silent handshakes that hold all places give them up to new clients after a second", async () => {
  const { acceptor, clock, counters } = acceptorFor(10_000);
  const silent = clients(512);
  await arrive(acceptor, silent);
  const [early] = clients(1);
  clock.advance(999);
  await arrive(acceptor, [early!]);
  assert.ok(early!.refused, "nobody has waited for long");

  clock.advance(1);
  const newcomers = clients(3);
  await arrive(acceptor, newcomers);
  assert.ok(newcomers.every((client) => client.begun && !client.refused));
  assert.deepEqual(silent.filter((client) => client.refused), silent.slice(0, 3), "the oldest go");
  assert.equal(counters.handshakesInProgress, 512);
  assert.equal(counters.handshakes.get("over_limit"), 1 + 3);
});
