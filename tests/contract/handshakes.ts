/** What a transport must do until a connection stands. */
import assert from "node:assert/strict";
import type { Connection, DialOptions } from "../../quic/port.ts";
import { QuicError, type QuicErrorCode } from "../../quic/errors.ts";
import { makeCertificate } from "./certificate.ts";
import { contractTest, echo, type Pair, pattern, plain, type Rig } from "./rig.ts";

/** A check for `assert.rejects`. */
export function quicError(...codes: readonly QuicErrorCode[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof QuicError, `Not a QuicError: ${error}`);
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    return true;
  };
}

/**
 * The next connection whose handshake succeeds. Failed ones reject the way the port says; some transports never
 * show them to the listener.
 */
async function acceptPastFailures(rig: Rig): Promise<Connection> {
  for (;;) {
    const incoming = await rig.incoming();
    try {
      return await incoming.accept();
    } catch (error) {
      quicError("handshake_failed")(error);
    }
  }
}

/** A dial that must fail, and the proof that the listener has not suffered. */
async function failsAlone(
  rig: Rig,
  options: Partial<DialOptions>,
  code: QuicErrorCode,
): Promise<void> {
  const accepted = acceptPastFailures(rig);
  await assert.rejects(rig.dial(options), quicError(code));
  const [client, server] = await Promise.all([rig.dial(), accepted]);
  assert.deepEqual(await echo(client, server)(pattern(3)), pattern(3));
}

/** How a handshake fails whose client went away. */
const GIVEN_UP: readonly QuicErrorCode[] = ["handshake_failed", "timeout"];

export function handshakeContract(pair: Pair): void {
  contractTest(pair, "the server learns the name in lower case", async (rig) => {
    for (const serverName of ["general", "_signal", "call-0123abcd", "Room_Name.X"]) {
      const [client, server] = await rig.connect({ serverName });
      assert.equal(server.serverName, serverName.toLowerCase());
      assert.equal(client.serverName, null);
    }
  });

  contractTest(pair, "an IP literal sends no name", async (rig) => {
    for (const serverName of ["127.0.0.1", "::1"]) {
      const [, server] = await rig.connect({ serverName });
      assert.equal(server.serverName, null);
    }
  });

  contractTest(pair, "another ALPN protocol fails the handshake", async (rig) => {
    await failsAlone(rig, { alpn: ["h3"] }, "handshake_failed");
  });

  contractTest(pair, "without a pin any certificate is accepted", async (rig) => {
    // A client that has to look at the certificate first shows as a handshake that fails.
    const accepted = acceptPastFailures(rig);
    const dialled = rig.client.dial({ address: rig.server.localAddress, serverName: "room" });
    const [client, server] = await Promise.all([dialled, accepted]);
    assert.deepEqual(await echo(client, server)(pattern(3)), pattern(3));
  });

  contractTest(pair, "a certificate that is not the pinned one is refused", async (rig) => {
    await failsAlone(rig, { pin: makeCertificate().pin }, "pin_mismatch");
  });

  contractTest(pair, "a session that was trusted before does not open a pin", async (rig) => {
    const [client, server] = await rig.connect();
    // The answer comes after the session tickets, which are sent at the end of the handshake.
    await echo(client, server)(pattern(1));
    client.close();
    await failsAlone(rig, { pin: makeCertificate().pin }, "pin_mismatch");
  });

  contractTest(pair, "a client that is turned away learns it", async (rig) => {
    const refused = rig.incoming().then((incoming) => incoming.refuse());
    await assert.rejects(rig.dial(), quicError("handshake_failed"));
    await refused;
    const [client, server] = await rig.connect();
    assert.deepEqual(await echo(client, server)(pattern(3)), pattern(3));
  });

  contractTest(pair, "the address of a client is known before its handshake ends", async (rig) => {
    const dialled = rig.dial();
    const incoming = await rig.incoming();
    if (incoming.remoteAddress !== undefined) {
      const address = incoming.remoteAddress();
      assert.ok(address !== null);
      assert.deepEqual(plain(address), plain(rig.client.localAddress));
    }
    const [client, server] = await Promise.all([dialled, incoming.accept()]);
    assert.deepEqual(await echo(client, server)(pattern(3)), pattern(3));
  });

  contractTest(pair, "many handshakes can be under way at once", async (rig) => {
    const dialled = Array.from({ length: 20 }, (_, i) => rig.dial({ serverName: `room-${i}` }));
    const incoming = [];
    while (incoming.length < dialled.length) incoming.push(await rig.incoming());
    const servers = await Promise.all(incoming.map((each) => each.accept()));
    assert.deepEqual(
      servers.map((server) => server.serverName).sort(),
      dialled.map((_, i) => `room-${i}`).sort(),
    );
    await Promise.all(dialled);
  });

  contractTest(pair, "dialling a port nobody listens on fails in time", async (rig) => {
    await assert.rejects(
      rig.dial({ address: { ip: "127.0.0.1", port: 1 }, timeoutMs: 300 }),
      quicError("timeout", "handshake_failed"),
    );
  });

  contractTest(pair, "dialling can be aborted", async (rig) => {
    const mute = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
    const { hostname: ip, port } = mute.addr as Deno.NetAddr;
    const abort = new AbortController();
    const dialled = assert.rejects(
      rig.dial({ address: { ip, port }, signal: abort.signal }),
      quicError("aborted"),
    );
    await mute.receive();
    abort.abort();
    await dialled;
    mute.close();
    await assert.rejects(rig.dial({ signal: abort.signal }), quicError("aborted"));
  });

  contractTest(pair, "a dial that was given up leaves no connection behind", async (rig) => {
    const abort = new AbortController();
    const dialled = assert.rejects(rig.dial({ signal: abort.signal }), quicError("aborted"));
    const incoming = await rig.incoming();
    abort.abort();
    await dialled;
    const end = await incoming.accept().then((server) => server.closed, quicError(...GIVEN_UP));
    if (end !== true) assert.equal(end.kind, "peer");
  }, { idleTimeoutMs: 3_000 });
}
