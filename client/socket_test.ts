import assert from "node:assert/strict";
import { QuicError } from "../quic/errors.ts";
import { memoryPair } from "../quic/memory_pair.ts";
import { MemoryTransport } from "../quic/memory_transport.ts";
import { openSocket, reaches } from "./socket.ts";

const IPV4 = { ip: "192.0.2.1", port: 4433 };
const IPV6 = { ip: "2001:db8::1", port: 4433 };

function machine(ipv6ReachesIpv4: boolean, ...addresses: string[]) {
  return { ipv6ReachesIpv4: () => Promise.resolve(ipv6ReachesIpv4), addresses: () => addresses };
}

const everywhere = machine(true, "127.0.0.1", "10.0.0.5", "::1", "2001:db8::5", "fd00::5");

Deno.test("one socket is opened for both families, whatever the first address is", async () => {
  for (const first of [IPV4, IPV6]) {
    const transport = new MemoryTransport();
    const socket = await openSocket(transport, first, everywhere);
    assert.deepEqual(transport.endpoints.map(({ localAddress: { ip } }) => ip), ["::"]);
    assert.equal(socket.localAddress, transport.endpoints[0]!.localAddress);
    const targets = ["198.51.100.1", "2001:db8:1::1", "fd12::1", "127.0.0.1", "::1"];
    for (const ip of targets) assert.ok(reaches(socket, ip), ip);
    transport.onDial = () => memoryPair()[0];
    for (const address of [IPV4, IPV6]) await socket.dial({ address, serverName: "room" });
    assert.deepEqual(transport.dials.map(({ address }) => address), [IPV4, IPV6]);
    await socket.close();
    assert.ok(transport.endpoints[0]!.closed);
  }
});

Deno.test("where IPv6 sockets do not reach IPv4, the first address decides the one family there is", async () => {
  for (const [first, other, ip] of [[IPV4, IPV6, "0.0.0.0"], [IPV6, IPV4, "::"]] as const) {
    const transport = new MemoryTransport();
    const socket = await openSocket(transport, first, machine(false, "10.0.0.5", "2001:db8::5"));
    assert.deepEqual(transport.endpoints.map(({ localAddress }) => localAddress.ip), [ip]);
    assert.ok(reaches(socket, first.ip));
    assert.ok(!reaches(socket, other.ip));
  }
});

Deno.test("of the other family only what the machine has addresses for is reached", async () => {
  const open = (...addresses: string[]) =>
    openSocket(new MemoryTransport(), IPV4, machine(true, "127.0.0.1", "10.0.0.5", ...addresses));
  const reached = async (own: string[]) => {
    const socket = await open(...own);
    assert.ok(reaches(socket, "198.51.100.1") && reaches(socket, "127.0.0.1"));
    return ["::1", "2001:db8::1", "fd12::1", "fe80::1", "nonsense:"].filter((ip) =>
      reaches(socket, ip)
    );
  };
  assert.deepEqual(await reached([]), []);
  assert.deepEqual(await reached(["::1", "fe80::5"]), ["::1"]);
  assert.deepEqual(await reached(["::1", "fd00::5"]), ["::1", "fd12::1"]);
  assert.deepEqual(await reached(["2001:db8::5"]), ["2001:db8::1"]);
});

Deno.test("without IPv4 addresses a client that began at an IPv6 relay stays with that family", async () => {
  const socket = await openSocket(new MemoryTransport(), IPV6, machine(true, "127.0.0.1", "::1"));
  assert.ok(reaches(socket, "2001:db8::9"));
  assert.ok(!reaches(socket, "198.51.100.1"));
  assert.ok(reaches(socket, "127.0.0.1"));
});

Deno.test("addresses that come while the client runs count from then on", async () => {
  const addresses = ["10.0.0.5"];
  const ipv6ReachesIpv4 = () => Promise.resolve(true);
  const socket = await openSocket(new MemoryTransport(), IPV4, {
    ipv6ReachesIpv4,
    addresses: () => addresses,
  });
  assert.ok(!reaches(socket, "2001:db8::1"));
  addresses.push("2001:db8::5");
  assert.ok(reaches(socket, "2001:db8::1"));
});

Deno.test("a socket that cannot be opened rejects with the reason", async () => {
  const transport = new MemoryTransport();
  transport.onOpen = () => {
    throw new QuicError("cannot_bind", "No.");
  };
  await assert.rejects(openSocket(transport, IPV4, everywhere), /No\./);
});

Deno.test("an endpoint of somebody else's reaches its own family", async () => {
  const transport = new MemoryTransport();
  const ipv4 = await transport.open({ ip: "127.0.0.1", port: 0 });
  const ipv6 = await transport.open({ ip: "::", port: 0 });
  assert.deepEqual([reaches(ipv4, IPV4.ip), reaches(ipv4, IPV6.ip)], [true, false]);
  assert.deepEqual([reaches(ipv6, IPV4.ip), reaches(ipv6, IPV6.ip)], [false, true]);
});
