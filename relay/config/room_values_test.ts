import assert from "node:assert/strict";
import { clientFingerprint, roomName } from "./room_values.ts";

Deno.test("fingerprints are brought into one spelling", () => {
  const value = "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384";
  assert.deepEqual(clientFingerprint.read("518EB93562FA9E34E59C28B67FC2D384"), { value });
  assert.deepEqual(clientFingerprint.read(value), { value });
  for (const wrong of ["", "518e", 7, null]) {
    assert.ok("problems" in clientFingerprint.read(wrong));
  }
});

Deno.test("room names are those a client can send", () => {
  assert.deepEqual(roomName.read("Podcast"), { value: "podcast" });
  for (const wrong of ["", "a b", "12345", 7]) assert.ok("problems" in roomName.read(wrong));
});
