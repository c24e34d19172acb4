import assert from "node:assert/strict";
import { participant } from "../tap/testing_participant.ts";
import { RoomCodecs } from "./room_codecs.ts";

Deno.test("a room has the codec of its last directive until it closes", () => {
  const codecs = new RoomCodecs();
  assert.equal(codecs.of("general"), null);
  codecs.directive("general", "Opus24k");
  codecs.directive("general", "Opus6k");
  codecs.directive("other", "Opus24k");
  codecs.left(participant(1), 0, false);
  assert.equal(codecs.of("general"), "Opus6k");
  codecs.left(participant(2), 0, true);
  assert.equal(codecs.of("general"), null);
  assert.equal(codecs.of("other"), "Opus24k");
});
