import assert from "node:assert/strict";
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

Deno.test("private IPv4 addresses are told, once and with the port of our socket", () => {
  assert.deepEqual(hostCandidates(ADDRESSES, 7, false), [
    "10.0.0.5:7",
    "192.168.1.5:7",
    "100.64.0.9:7",
  ]);
});

Deno.test("with an IPv6 socket its global and unique local addresses are", () => {
  assert.deepEqual(hostCandidates(ADDRESSES, 7, true), ["[2001:db8::5]:7", "[fd00::5]:7"]);
});
