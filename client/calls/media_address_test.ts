import assert from "node:assert/strict";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { MemoryTransport } from "../../quic/memory_transport.ts";
import { isIpv6 } from "../nat/classify.ts";
import type { ClientSocket } from "../socket.ts";
import { mediaTarget } from "./media_address.ts";

const PIN = new Uint8Array(32).fill(1);

const transport = new MemoryTransport();
const ipv4 = await transport.open({ ip: "0.0.0.0", port: 0 });
const ipv6 = await transport.open({ ip: "::", port: 0 });
const reaching = async (reaches: (ip: string) => boolean): Promise<ClientSocket> =>
  Object.assign(await transport.open({ ip: "::", port: 0 }), { reaches });
const both = await reaching(() => true);

Deno.test("the advertised address counts; one that cannot be used stands for the relay in use", () => {
  const used = { ip: "192.0.2.1", port: 4433 };
  const target = (relay_addr: string, address: SocketAddress, socket: ClientSocket) =>
    mediaTarget({ relay_addr, ext: null }, { address }, socket).address;
  assert.deepEqual(target("192.0.2.9:1", used, ipv4), { ip: "192.0.2.9", port: 1 });
  const useless = ["", "relay.example:4433", "192.0.2.9", "2001:db8::1:4433", "[2001:db8::1]:1"];
  for (const text of [...useless, "0.0.0.0:4433", "[::]:4433", "192.0.2.9:0"]) {
    assert.equal(target(text, used, ipv4), used, text);
    // A relay's address in the other family may be no way to it from here, and we are there already.
    assert.equal(target(text, used, both), used, text);
  }
  const used6 = { ip: "2001:db8::1", port: 4433 };
  for (const socket of [ipv6, both]) {
    assert.deepEqual(target("[2001:db8::2]:1", used6, socket), { ip: "2001:db8::2", port: 1 });
    assert.equal(target("192.0.2.9:1", used6, socket), used6);
  }
});

Deno.test("another relay may be of the other family, where our socket reaches that", async () => {
  const used = { ip: "192.0.2.1", port: 4433 };
  const pin = new Uint8Array(32).fill(2);
  const entry = `T|[2001:db8::9]:1|${pin.toHex()}`;
  const setup = {
    relay_addr: "[2001:db8::9]:1",
    ext: { v: 1, caps: [], relay: entry, relays: [] },
  };
  const there = { address: { ip: "2001:db8::9", port: 1 }, pin };
  assert.deepEqual(mediaTarget(setup, { address: used }, both), there);
  assert.deepEqual(mediaTarget(setup, { address: used, pin: PIN }, both), there);
  assert.deepEqual(mediaTarget(setup, { address: used, pin: PIN }, ipv4), {
    address: used,
    pin: PIN,
  });
  const unreached = await reaching((ip) => !isIpv6(ip));
  assert.deepEqual(mediaTarget(setup, { address: used }, unreached), { address: used });
});

Deno.test("another relay than the one in use is pinned as it was told; its own pin is for no other", () => {
  const used = { ip: "192.0.2.1", port: 4433 };
  const there = { ip: "192.0.2.9", port: 1 };
  const [pin, other] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const setup = (relay_addr: string, relay: string | null) => ({
    relay_addr,
    ext: { v: 1, caps: [], relay, relays: [] },
  });
  const entry = `T|192.0.2.9:1|${other.toHex()}`;
  for (const own of [{ address: used }, { address: used, pin }]) {
    assert.deepEqual(mediaTarget(setup("192.0.2.1:4433", null), own, ipv4), own);
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", entry), own, ipv4), {
      address: there,
      pin: other,
    });
    // The relay in use has two addresses.
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", null), own, ipv4), {
      ...own,
      address: there,
    });
    assert.deepEqual(
      mediaTarget({ relay_addr: "192.0.2.9:1", ext: null }, own, ipv4),
      { ...own, address: there },
    );
  }
  // Without a fingerprint, or with that of another address, it could be anybody.
  for (const relay of ["T|192.0.2.9:1", `T|192.0.2.8:1|${other.toHex()}`, "T"]) {
    const own = { address: used, pin };
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", relay), own, ipv4), own);
    assert.deepEqual(mediaTarget(setup("192.0.2.9:1", relay), { address: used }, ipv4), {
      address: there,
    });
  }
});
