import assert from "node:assert/strict";
import { ManualClock } from "../../quic/manual_clock.ts";
import { peersText, placeText, presenceText, routeText } from "./api_text.ts";
import { PresenceRegistry } from "./presence_registry.ts";

function registry(): PresenceRegistry {
  const presence = new PresenceRegistry(new ManualClock());
  presence.updatePeer("10.0.0.2:4433", ["bbbb", "aaaa"]);
  presence.enter("bbbb", "Bob", "general");
  return presence;
}

Deno.test("presence is a list of fingerprints with their place", () => {
  assert.equal(presenceText(new PresenceRegistry(new ManualClock())), "[]");
  assert.equal(
    presenceText(registry()),
    `[
  {
    "fingerprint": "aaaa",
    "location": {
      "Remote": "10.0.0.2:4433"
    }
  },
  {
    "fingerprint": "bbbb",
    "location": "Local"
  }
]`,
  );
});

Deno.test("one fingerprint is pretty when found and compact when not", () => {
  const presence = registry();
  const text = (fingerprint: string) => placeText(fingerprint, presence.find(fingerprint));
  assert.equal(text("bbbb"), '{\n  "fingerprint": "bbbb",\n  "location": "Local"\n}');
  assert.equal(
    text("aaaa"),
    '{\n  "fingerprint": "aaaa",\n  "location": {\n    "Remote": "10.0.0.2:4433"\n  }\n}',
  );
  assert.equal(text('x"y'), '{"fingerprint":"x\\"y","location":null}');
});

Deno.test("peers have address, names and round trip time, null where none was measured", () => {
  const presence = registry();
  const entry = (rtt: string) =>
    `[
  {
    "addr": "10.0.0.2:4433",
    "fingerprints": [
      "aaaa",
      "bbbb"
    ],
    "rtt_ms": ${rtt}
  }
]`;
  assert.equal(peersText(presence.peers()), entry("null"));
  presence.setRtt("10.0.0.2:4433", 12);
  assert.equal(peersText(presence.peers()), entry("12"));
});

Deno.test("a route is the example of the protocol", () => {
  const relayChain = ["0.0.0.0:4433", "10.0.0.2:4433"];
  assert.equal(
    routeText("518e:b935:62fa:9e34:e59c:28b6:7fc2:d384", { kind: "direct_peer", relayChain }),
    `{
  "fingerprint": "518e:b935:62fa:9e34:e59c:28b6:7fc2:d384",
  "relay_chain": [
    "0.0.0.0:4433",
    "10.0.0.2:4433"
  ],
  "route": "direct_peer"
}`,
  );
  assert.equal(
    routeText("x", { kind: "not_found", relayChain: [] }),
    '{\n  "fingerprint": "x",\n  "relay_chain": [],\n  "route": "not_found"\n}',
  );
});
