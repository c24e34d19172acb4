import assert from "node:assert/strict";
import type { SocketAddress } from "../proto/socket_address.ts";
import { QuicError } from "../quic/errors.ts";
import { MemoryTransport } from "../quic/memory_transport.ts";
import { openEndpoints } from "./listening.ts";
import { StartError } from "./start_error.ts";

const ANY = { ip: "", port: 4433 };

/** Fails to open some addresses, by IP. */
function transport(failures: Record<string, QuicError> = {}): MemoryTransport {
  const made = new MemoryTransport();
  made.onOpen = ({ ip }) => {
    const failure = failures[ip];
    if (failure !== undefined) throw failure;
  };
  return made;
}

const taken = new QuicError("address_in_use", "Cannot bind: Address already in use (os error 98)");
const unable = new QuicError("cannot_bind", "Cannot bind: permission denied");

async function addresses(made: MemoryTransport, address: SocketAddress) {
  return (await openEndpoints(made, address, () => true)).map(({ localAddress }) => localAddress);
}

function refusal(made: MemoryTransport, address: SocketAddress, sentence: RegExp) {
  return assert.rejects(openEndpoints(made, address), (error) => {
    assert.ok(error instanceof StartError);
    assert.equal(error.exitCode, 69);
    assert.match(error.message, sentence);
    assert.match(error.message, /--listen/);
    return true;
  });
}

Deno.test("an address with an IP is one socket there", async () => {
  const address = { ip: "127.0.0.1", port: 5000 };
  assert.deepEqual(await addresses(transport(), address), [address]);
});

Deno.test("no IP means IPv6 and IPv4 on the same port, also when the system chose it", async () => {
  const expected = [{ ip: "::", port: 40_000 }, { ip: "0.0.0.0", port: 40_000 }];
  assert.deepEqual(await addresses(transport(), { ip: "", port: 0 }), expected);
});

Deno.test("one socket is enough where IPv6 sockets take IPv4 as well", async () => {
  assert.deepEqual(await addresses(transport({ "0.0.0.0": taken }), ANY), [{
    ip: "::",
    port: 4433,
  }]);
});

Deno.test("where IPv6 sockets take IPv6 only, a taken IPv4 port is another program's", async () => {
  const made = transport({ "0.0.0.0": taken });
  const opening = openEndpoints(made, ANY, () => false);
  await assert.rejects(opening, /on :4433: another program has this UDP port/);
  assert.deepEqual(made.endpoints.map(({ closed }) => closed), [true]);
});

Deno.test("a machine without IPv6 listens on IPv4", async () => {
  assert.deepEqual(await addresses(transport({ "::": unable }), ANY), [
    { ip: "0.0.0.0", port: 4433 },
  ]);
});

Deno.test("a taken port is a sentence with the address and the flag, and exit code 69", async () => {
  const one = transport({ "127.0.0.1": taken });
  await refusal(one, { ip: "127.0.0.1", port: 5000 }, /on 127\.0\.0\.1:5000: another program/);
  await refusal(transport({ "::": taken }), ANY, /on :4433: another program/);
  const v6 = transport({ "::1": taken });
  await refusal(v6, { ip: "::1", port: 5000 }, /on \[::1\]:5000: another program/);
});

Deno.test("any other failure is a sentence with the reason", async () => {
  const one = transport({ "192.0.2.1": unable });
  await refusal(one, { ip: "192.0.2.1", port: 5000 }, /on 192\.0\.2\.1:5000: .*permission denied/);
  await refusal(transport({ "::": unable, "0.0.0.0": unable }), ANY, /permission denied/);
});

Deno.test("a half-opened pair is closed when the other half cannot be had", async () => {
  const made = transport({ "0.0.0.0": unable });
  await refusal(made, ANY, /permission denied/);
  assert.deepEqual(made.endpoints.map(({ closed }) => closed), [true]);
});

Deno.test("a fault that is not of the transport is not dressed up as a sentence", async () => {
  const made = new MemoryTransport();
  made.onOpen = () => {
    throw new TypeError("ours");
  };
  await assert.rejects(openEndpoints(made, ANY), TypeError);
});
