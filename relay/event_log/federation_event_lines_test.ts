import assert from "node:assert/strict";
import { packet } from "../tap/testing_participant.ts";
import { eventLine } from "./event_line.ts";
import { federationEvents } from "./federation_event_lines.ts";

Deno.test("federation events are the lines of the original", () => {
  const lines: string[] = [];
  const events = federationEvents((event, fields) => {
    lines.push(eventLine("2026-04-13T12:47:21.123456Z", event, fields));
  });
  const bytes = new Uint8Array([9, 9, 9, 9, 9, 9, 9, 9, ...packet(1).subarray(0, 15)]);
  events.malformed(11);
  events.ingress(bytes, 8, "Relay B");
  events.duplicate(1, "Relay B");
  events.roomNotFound(2, "Relay B");
  events.rateLimited("general", 3);
  events.deliverError("general", 4, "closed");
  events.delivered("general", 1, 2);
  assert.deepEqual(lines.map((line) => line.replace('"ts":"2026-04-13T12:47:21.123456Z",', "")), [
    '{"event":"federation_ingress_malformed","len":11}',
    '{"event":"federation_ingress","seq":1,"codec":"Opus24k","fec_block":0,"fec_sym":0,"repair":false,"len":3,"peer":"Relay B"}',
    '{"event":"dedup_drop","seq":1,"peer":"Relay B"}',
    '{"event":"room_not_found","seq":2,"peer":"Relay B"}',
    '{"event":"rate_limit_drop","room":"general","seq":3}',
    '{"event":"local_deliver_error","room":"general","seq":4,"reason":"closed"}',
    '{"event":"local_deliver","room":"general","seq":1,"to_count":2}',
  ]);
});
