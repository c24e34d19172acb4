import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { PresenceRegistry } from "./presence_registry.ts";
import { RouteResolver } from "./routes.ts";

const OWN = "203.0.113.5:4433";
const ownAddress = () => ({ ip: "203.0.113.5", port: 4433 });

Deno.test("a route begins with the advertised address and ends at the relay that has the fingerprint", () => {
  const presence = new PresenceRegistry(new ManualClock());
  const routes = new RouteResolver({ presence, ownAddress });
  presence.updatePeer("[2001:db8::2]:4433", ["there", "both"]);
  presence.enter("both", null, null);
  presence.enter("here", null, "general");
  assert.deepEqual(routes.resolve("here"), { kind: "local", relayChain: [OWN] });
  assert.deepEqual(routes.resolve("both"), { kind: "local", relayChain: [OWN] });
  assert.deepEqual(routes.resolve("there"), {
    kind: "direct_peer",
    relayChain: [OWN, "[2001:db8::2]:4433"],
  });
  assert.deepEqual(routes.resolve("nowhere"), { kind: "not_found", relayChain: [] });
});

Deno.test("who knows the relays in between comes before who only knows the last one", () => {
  const presence = new PresenceRegistry(new ManualClock());
  presence.updatePeer("10.0.0.2:1", ["near", "empty"]);
  const ways = new Map([["far", ["10.0.0.2:1", "10.0.0.3:1"]], ["next", ["10.0.0.4:1"]], [
    "near",
    ["10.0.0.9:1"],
  ], ["empty", []]]);
  const further = (fingerprint: string) => ways.get(fingerprint) ?? null;
  const routes = new RouteResolver({ presence, ownAddress, further });
  assert.deepEqual(routes.resolve("far"), {
    kind: "chain",
    relayChain: [OWN, "10.0.0.2:1", "10.0.0.3:1"],
  });
  assert.deepEqual(routes.resolve("next").kind, "direct_peer");
  assert.deepEqual(routes.resolve("near").relayChain, [OWN, "10.0.0.9:1"]);
  assert.deepEqual(routes.resolve("empty").relayChain, [OWN, "10.0.0.2:1"]);
  assert.deepEqual(routes.resolve("unknown"), { kind: "not_found", relayChain: [] });
});
