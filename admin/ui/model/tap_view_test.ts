import assert from "node:assert/strict";
import fc from "fast-check";
import type { TapItem, TapPacket } from "./shapes.ts";
import { addBatch, EMPTY_TAP, jsonLines, MAX_LINES, rateOf, type TapView } from "./tap_view.ts";

const HOSTILE = "<img src=x onerror=alert(1)>";

function packet(seq: number, at = 0, session = "s"): TapPacket {
  return {
    kind: "packet",
    at,
    from: { session, fingerprint: "f", alias: HOSTILE, room: "r" },
    dir: "in",
    seq: seq & 0xffff,
    codec: "Opus24k",
    timestamp: seq * 20,
    fecBlock: 0,
    fecSymbol: 0,
    repair: false,
    length: 100,
    fanOut: 2,
  };
}
const seen = (items: readonly TapItem[], skipped = 0, view: TapView = EMPTY_TAP) =>
  addBatch(view, { items, skipped, unsampled: 0 });
const gaps = ({ lines }: TapView) =>
  lines.map((line) => line.kind === "packet" ? line.missing : null);

Deno.test("numbers that are missing are marked before the packet that shows it", () => {
  const view = seen([packet(1), packet(2), packet(5), packet(6)]);
  assert.deepEqual(gaps(view), [0, 0, 2, 0]);
  assert.equal(view.senders.get("s")!.missing, 2);
});

Deno.test("the numbers begin again after 65535 without a gap", () => {
  assert.deepEqual(gaps(seen([packet(65_534), packet(65_535), packet(65_536), packet(65_538)])), [
    0,
    0,
    0,
    1,
  ]);
});

Deno.test("a packet that comes late is no loss any more", () => {
  const view = seen([packet(1), packet(4), packet(3), packet(5)]);
  assert.deepEqual(gaps(view), [0, 2, 0, 0]);
  assert.deepEqual(view.lines.map((line) => line.kind === "packet" && line.late), [
    false,
    false,
    true,
    false,
  ]);
  assert.equal(view.senders.get("s")!.missing, 1);
});

Deno.test("a sender that begins anew elsewhere has lost nothing", () => {
  assert.deepEqual(gaps(seen([packet(1), packet(30_000), packet(30_001)])), [0, 0, 0]);
});

Deno.test("what the relay left out is no loss of the sender's", () => {
  const first = seen([packet(1)]);
  const second = seen([packet(50), packet(52)], 48, first);
  assert.deepEqual(gaps(second), [0, 0, 0]);
  assert.equal(second.skipped, 48);
  assert.deepEqual(gaps(seen([packet(54)], 0, second)), [0, 0, 0, 1]);
});

Deno.test("senders are counted apart", () => {
  const view = seen([packet(1, 0, "s"), packet(9, 0, "t"), packet(2, 0, "s"), packet(11, 0, "t")]);
  assert.deepEqual(
    [...view.senders].map(([name, { packets, missing }]) => [name, packets, missing]),
    [
      ["s", 2, 0],
      ["t", 2, 1],
    ],
  );
});

Deno.test("whatever is lost in between is counted exactly", () => {
  const kept = fc.array(fc.boolean(), { minLength: 2, maxLength: 200 });
  fc.assert(fc.property(kept, fc.nat(65_535), (kept, start) => {
    const sent = [true, ...kept, true].map((there, place) => ({ there, seq: start + place }));
    const view = seen(sent.filter(({ there }) => there).map(({ seq }) => packet(seq)));
    assert.equal(view.senders.get("s")!.missing, sent.filter(({ there }) => !there).length);
  }));
});

Deno.test("rates are over the last whole seconds", () => {
  const items = Array.from({ length: 200 }, (_, n) => packet(n, 10_000 + n * 20));
  const { packetsPerSecond, bytesPerSecond, lossPct } = rateOf(
    seen(items).senders.get("s")!,
    14_000,
  );
  assert.deepEqual([packetsPerSecond, bytesPerSecond, lossPct], [50, 5_000, 0]);
  assert.equal(rateOf(seen(items).senders.get("s")!, 60_000).packetsPerSecond, 0);
});

Deno.test("memory is bounded however long one watches", () => {
  let view = EMPTY_TAP;
  for (let n = 0; n < 40; n++) {
    view = seen(Array.from({ length: 100 }, (_, k) => packet(n * 100 + k)), 0, view);
  }
  assert.equal(view.lines.length, MAX_LINES);
  assert.equal(view.packets, 4_000);
  assert.equal(new Set(view.lines.map(({ id }) => id)).size, MAX_LINES);
});

Deno.test("other events are lines of text, and all of it can be saved", () => {
  const who = { session: "s", fingerprint: "f", alias: HOSTILE, room: "r" };
  const view = seen([{ kind: "join", at: 5, participant: who }, packet(1)]);
  const [line] = view.lines;
  assert(line?.kind === "other");
  assert.equal(line.text, `join \u00b7 participant ${HOSTILE}`);
  const saved = jsonLines(view.lines).trimEnd().split("\n").map((text) => JSON.parse(text));
  assert.equal(saved.length, 2);
  assert.equal(saved[1].from.alias, HOSTILE);
});
