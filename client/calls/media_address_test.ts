import assert from "node:assert/strict";
import { mediaAddress } from "./media_address.ts";

Deno.test("the advertised address counts; one that cannot be used stands for the relay in use", () => {
  const used = { ip: "192.0.2.1", port: 4433 };
  assert.deepEqual(mediaAddress("192.0.2.9:1", used), { ip: "192.0.2.9", port: 1 });
  const useless = ["", "relay.example:4433", "192.0.2.9", "2001:db8::1:4433", "[2001:db8::1]:1"];
  for (const text of [...useless, "0.0.0.0:4433", "[::]:4433", "192.0.2.9:0"]) {
    assert.equal(mediaAddress(text, used), used, text);
  }
  const used6 = { ip: "2001:db8::1", port: 4433 };
  assert.deepEqual(mediaAddress("[2001:db8::2]:1", used6), { ip: "2001:db8::2", port: 1 });
  assert.equal(mediaAddress("192.0.2.9:1", used6), used6);
});
