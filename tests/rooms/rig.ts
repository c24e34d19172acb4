/** Rooms behind real QUIC on loopback, in the process of the test, and clients for them. */
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { Identity } from "../../proto/identity.ts";
import { systemClock } from "../../quic/clock.ts";
import { systemTransport } from "../../quic/system_transport.ts";
import { Acceptor } from "../../relay/acceptor.ts";
import { connectionIds } from "../../relay/connection_ids.ts";
import { createCounters } from "../../relay/counters/counters.ts";
import type { CallAccess } from "../../relay/ports/call_access.ts";
import { silentLog } from "../../relay/ports/log.ts";
import { MediaService, type MediaSettings } from "../../relay/rooms/media_service.ts";
import { Rooms } from "../../relay/rooms/rooms.ts";
import { DEFAULTS, NO_AUTHENTICATION, NO_CALLS } from "../../relay/rooms/testing_rooms.ts";
import { ServiceTable } from "../../relay/service_table.ts";
import { makeCertificate } from "../contract/certificate.ts";
import { withLimit } from "../contract/rig.ts";
import { TestClients } from "../harness/test_client.ts";

export interface Rig {
  readonly rooms: Rooms;
  readonly counters: ReturnType<typeof createCounters>;
  readonly clients: TestClients;
  /** Changes settings as a reload does. The limits on time begin long: the machine may be busy. */
  configure(settings: Partial<MediaSettings>): void;
}

const PATIENT = { ...DEFAULTS, handshake_timeout: 300, slow_receiver_timeout: 300 };

/** Registers a test that gets a relay's rooms of its own. */
export function roomsTest(
  name: string,
  run: (rig: Rig) => Promise<void>,
  calls: CallAccess = NO_CALLS,
): void {
  Deno.test(name, async () => {
    const counters = createCounters();
    let current: MediaSettings = PATIENT;
    const settings = () => current;
    const rooms = new Rooms({
      clock: systemClock,
      log: silentLog,
      counters,
      settings,
      presence: { enter: () => () => {} },
      hold: () => () => {},
    });
    const media = new MediaService({
      clock: systemClock,
      counters,
      crypto: nodeCrypto,
      identity: new Identity(nodeCrypto, nodeCrypto.random(32)),
      rooms,
      authenticator: NO_AUTHENTICATION,
      calls,
      settings,
    });
    const acceptor = new Acceptor({
      clock: systemClock,
      log: silentLog,
      counters,
      services: new ServiceTable(media),
      limits: () => ({
        maxHandshakes: 512,
        maxHandshakesPerSource: 512,
        maxConnectionsPerSource: 1024,
        handshakeTimeoutMs: 60_000,
      }),
      newId: connectionIds(nodeCrypto.random),
    });
    const endpoint = await systemTransport.open({ ip: "127.0.0.1", port: 0 });
    const { certificate, privateKey, pin } = makeCertificate();
    const listener = endpoint.listen({ certificate, privateKey, maxUniStreams: 1 });
    const accepting = acceptor.run(listener);
    const clients = await TestClients.open(endpoint.localAddress, { pin });
    const configure = (changes: Partial<MediaSettings>) => {
      current = { ...current, ...changes };
    };
    try {
      await withLimit(run({ rooms, counters, clients, configure }));
    } finally {
      await clients.close();
      listener.stop();
      await endpoint.close();
      await accepting;
    }
  });
}
