import assert from "node:assert/strict";
import { isIpv6 } from "./classify.ts";
import { hostCandidates } from "./host_candidates.ts";

const ADDRESSES = [
  "127.0.0.1",
  "10.0.0.5",
  "192.168.1.5",
  "100.64.0.9",
  "169.254.3.3",
  "198.51.100.7",
  "::1",
  "fe80::1",
  "2001:db8::5",
  "FD00:0::5",
  "ff02::1",
  "10.0.0.5",
  "nonsense",
];

const IPV6_FIRST = ["2001:db8::5", "fd00::5"];
const IPV4 = ["10.0.0.5:7", "192.168.1.5:7", "100.64.0.9:7"];
const IPV6 = ["[2001:db8::5]:7", "[fd00::5]:7"];

Deno.test("private IPv4 addresses are told, once and with the port of our socket", () => {
  assert.deepEqual(hostCandidates(ADDRESSES, 7, (ip) => !isIpv6(ip)), IPV4);
});

Deno.test("with an IPv6 socket its global and unique local addresses are", () => {
  assert.deepEqual(hostCandidates(ADDRESSES, 7, isIpv6), IPV6);
});

Deno.test("with a socket for both those of both are, IPv4 first whatever the order of the interfaces", () => {
  for (const addresses of [ADDRESSES, [...IPV6_FIRST, ...ADDRESSES]]) {
    assert.deepEqual(hostCandidates(addresses, 7, () => true), [...IPV4, ...IPV6]);
  }
});
