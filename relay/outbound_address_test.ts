import assert from "node:assert/strict";
import { formatSocketAddress } from "../proto/socket_address.ts";
import {
  advertisedAddress,
  type AdvertisedAddressInput,
  type Interface,
  isUnspecified,
  outboundAddress,
} from "./outbound_address.ts";

function entry(name: string, address: string): Interface {
  return { name, family: address.includes(":") ? "IPv6" : "IPv4", address };
}

const LOOPBACK = [entry("lo", "127.0.0.1"), entry("lo", "::1")];
const LINK_LOCAL = [entry("eth0", "169.254.3.4"), entry("eth0", "fe80::1")];

Deno.test("a real interface comes before a virtual one, a public address before a private one", () => {
  const docker = entry("docker0", "172.17.0.1");
  const lan = entry("eth1", "10.0.0.5");
  const wan = entry("eth0", "198.51.100.7");
  const tunnel = entry("wg0", "203.0.113.1");
  const ip = (...interfaces: Interface[]) => outboundAddress("0.0.0.0", interfaces).ip;
  assert.equal(ip(...LOOPBACK, ...LINK_LOCAL, docker, lan), "10.0.0.5");
  assert.equal(ip(docker, lan, wan), "198.51.100.7");
  assert.equal(ip(tunnel, lan), "10.0.0.5");
  assert.equal(ip(docker), "172.17.0.1");
});

Deno.test("IPv6 is taken only where there is no IPv4 and the listener takes IPv6", () => {
  const v6 = [entry("eth0", "fd00::2"), entry("eth0", "2001:db8::2")];
  assert.equal(outboundAddress("", [...LOOPBACK, ...v6]).ip, "2001:db8::2");
  assert.equal(outboundAddress("::", [...v6, entry("eth0", "192.0.2.2")]).ip, "192.0.2.2");
  assert.equal(outboundAddress("0.0.0.0", [...LOOPBACK, ...v6]).ip, "127.0.0.1");
});

Deno.test("without any address of its own a machine has its loopback", () => {
  assert.deepEqual(outboundAddress("", [...LOOPBACK, ...LINK_LOCAL]), {
    ip: "127.0.0.1",
    others: [],
  });
});

Deno.test("addresses that are as likely are named, for a warning", () => {
  const two = [
    entry("eth0", "10.0.0.1"),
    entry("eth1", "10.1.0.1"),
    entry("docker0", "172.17.0.1"),
  ];
  assert.deepEqual(outboundAddress("0.0.0.0", two), { ip: "10.0.0.1", others: ["10.1.0.1"] });
});

Deno.test("the interfaces of this machine give an address", () => {
  assert(!isUnspecified(outboundAddress("").ip));
});

Deno.test("a relay tells the configured address, else where it listens, else its outbound address", () => {
  const base = { advertised: null, boundPort: 5555, outbound: "198.51.100.7" };
  const at = (ip: string, port = 4433) => ({ ...base, listen: { ip, port } });
  const text = (input: AdvertisedAddressInput) => formatSocketAddress(advertisedAddress(input));
  assert.equal(text(at("0.0.0.0")), "198.51.100.7:5555");
  assert.equal(text(at("::")), "198.51.100.7:5555");
  assert.equal(text(at("")), "198.51.100.7:5555");
  assert.equal(text(at("127.0.0.1", 0)), "127.0.0.1:5555");
  assert.equal(text(at("::1")), "[::1]:5555");
  assert.equal(text({ ...at("::"), outbound: "2001:db8::2" }), "[2001:db8::2]:5555");
  const advertised = { ip: "203.0.113.5", port: 443 };
  assert.equal(text({ ...at("127.0.0.1"), advertised }), "203.0.113.5:443");
  const portless = { ip: "2001:db8::5", port: 0 };
  assert.equal(text({ ...at(""), advertised: portless }), "[2001:db8::5]:5555");
  assert.throws(() => advertisedAddress({ ...at(""), boundPort: 0 }), RangeError);
});
