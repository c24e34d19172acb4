import assert from "node:assert/strict";
import type { PresencePeer, PresencePlace } from "../../relay/ports/presence.ts";
import { peersText, placeText, presenceText, routeText } from "./presence_text.ts";

const whole = async (texts: AsyncIterable<string> | Iterable<string>) =>
  (await Array.fromAsync(texts)).join("");
const here = { fingerprint: "bbbb", alias: "Bob", room: "general", since: 0, sessions: 1 };
const there = { fingerprint: "aaaa", relay: "10.0.0.2:4433", ageMs: 5 };

Deno.test("presence is a list of fingerprints with their place", async () => {
  assert.equal(await whole(presenceText([])), "[]");
  assert.equal(
    await whole(presenceText([[{ fingerprint: "aaaa", relay: there.relay }], [], [{
      fingerprint: "bbbb",
      relay: null,
    }]])),
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

Deno.test("text with line separators of other alphabets stays as it is", async () => {
  const [entry] = JSON.parse(
    await whole(presenceText([[{ fingerprint: "a\u2028b\nc\u2029", relay: null }]])),
  );
  assert.equal(entry.fingerprint, "a\u2028b\nc\u2029");
});

Deno.test("one fingerprint is pretty when found and compact when not", () => {
  const text = (place: PresencePlace | null, fingerprint = "bbbb") => placeText(fingerprint, place);
  assert.equal(
    text({ at: "local", ...here }),
    '{\n  "fingerprint": "bbbb",\n  "location": "Local"\n}',
  );
  assert.equal(
    text({ at: "remote", ...there }, "aaaa"),
    '{\n  "fingerprint": "aaaa",\n  "location": {\n    "Remote": "10.0.0.2:4433"\n  }\n}',
  );
  assert.equal(text(null, 'x"y'), '{"fingerprint":"x\\"y","location":null}');
});

Deno.test("peers have address, names and round trip time, null where none was measured", async () => {
  const peer: PresencePeer = {
    address: "10.0.0.2:4433",
    fingerprints: ["aaaa", "bbbb"],
    ageMs: 1,
    rttMs: null,
  };
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
  assert.equal(await whole(peersText([peer])), entry("null"));
  assert.equal(await whole(peersText([{ ...peer, rttMs: 12 }])), entry("12"));
  const empty = { ...peer, fingerprints: [] };
  const shown = { addr: peer.address, fingerprints: [], rtt_ms: null };
  const both = JSON.stringify([shown, shown], null, 2);
  assert.equal(await whole(peersText([empty, empty])), both);
  assert.equal(await whole(peersText([])), "[]");
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
