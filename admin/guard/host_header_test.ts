import assert from "node:assert/strict";
import { isLoopbackIp, isLoopbackName, isOwnName, parseHost } from "./host_header.ts";

Deno.test("a host is a name or address and a port, 80 without one", () => {
  assert.deepEqual(parseHost("LocalHost:4433"), { name: "localhost", port: 4433 });
  assert.deepEqual(parseHost("relay.example.org."), { name: "relay.example.org", port: 80 });
  assert.deepEqual(parseHost("[0:0:0:0:0:0:0:1]:4433"), { name: "::1", port: 4433 });
  assert.deepEqual(parseHost("[::ffff:127.0.0.1]"), { name: "127.0.0.1", port: 80 });
});

Deno.test("what is no host is none", () => {
  const wrong = ["", ":80", "a b", "a:", "a:x", "a:99999", "::1", "[::1", "[1.2.3.4]", "[x]:1"];
  for (const text of [...wrong, "a/b", "a@b", "user@localhost", "a,b", "a:1:2", ".", "\u00e9"]) {
    assert.equal(parseHost(text), null, text);
  }
});

Deno.test("loopback is the machine itself in any spelling that no name server answers", () => {
  for (const name of ["localhost", "127.0.0.1", "127.0.0.53", "::1"]) {
    assert.equal(isLoopbackName(name), true, name);
  }
  const others = [
    "127.0.0.1.example.org",
    "127.1",
    "localhost.example.org",
    "0.0.0.0",
    "::",
    "127.",
  ];
  for (const name of others) assert.equal(isLoopbackName(name), false, name);
  assert.equal(isLoopbackIp("localhost"), false);
});

Deno.test("own names are loopback, the address that was reached and those of the operator", () => {
  const local = { ip: "192.0.2.7", port: 9090 };
  const own = (name: string) => isOwnName({ name, port: 1 }, local, ["relay.example.org"]);
  for (const name of ["localhost", "192.0.2.7", "relay.example.org"]) assert(own(name), name);
  for (const name of ["192.0.2.8", "example.org", "evil.example"]) assert(!own(name), name);
});
