import assert from "node:assert/strict";
import fc from "fast-check";
import { cut } from "../log/escape.ts";
import { type EventFields, eventLine } from "./event_line.ts";

const TS = "2026-04-13T12:47:21.123456Z";

Deno.test("keys stand in the order of the original, and those not set are absent", () => {
  const fields = { peer: "Relay B", len: 3, repair: false, fec_sym: 0, fec_block: 0, seq: 1 };
  assert.equal(
    eventLine(TS, "federation_ingress", { ...fields, codec: "Opus24k", room: undefined }),
    '{"ts":"2026-04-13T12:47:21.123456Z","event":"federation_ingress","seq":1,"codec":"Opus24k",' +
      '"fec_block":0,"fec_sym":0,"repair":false,"len":3,"peer":"Relay B"}',
  );
  assert.equal(eventLine(TS, "x"), `{"ts":"${TS}","event":"x"}`);
  const all = { participants: 1, action: "a", reason: "r", peer: "p", to_count: 2, src: "s" };
  assert.deepEqual(Object.keys(JSON.parse(eventLine(TS, "x", { ...all, room: "r" }))), [
    ...["ts", "event", "room", "src", "to_count", "peer", "reason", "action", "participants"],
  ]);
});

Deno.test("whatever the texts are, an event is one line of printable characters that parses back", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 30 }),
    fc.array(fc.nat(0xffff), { maxLength: 20 }).map((units) => String.fromCharCode(...units)),
    fc.constantFrom(
      '"}\n{"event":"forged"',
      "\r\n",
      "\u2028",
      "\u202e",
      "\x1b[2J",
      "x".repeat(2000),
    ),
  );
  fc.assert(fc.property(text, text, text, (room, alias, peer) => {
    const fields: EventFields = { room, alias, peer };
    const line = eventLine(TS, "join", fields);
    assert(!/[\p{C}\p{Zl}\p{Zp}]/u.test(line));
    assert.deepEqual(JSON.parse(line), {
      ts: TS,
      event: "join",
      room: cut(room),
      peer: cut(peer),
      alias: cut(alias),
    });
  }));
});

Deno.test("a number that is none does not break the line", () => {
  assert.deepEqual(JSON.parse(eventLine(TS, "x", { seq: NaN, len: Infinity })), {
    ts: TS,
    event: "x",
    seq: null,
    len: null,
  });
});
