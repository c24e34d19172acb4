import assert from "node:assert/strict";
import { taken, TestingReducer } from "./testing_reducer.ts";

Deno.test("what others say of a neighbour is forgotten once it has said it, so that there is room for more", () => {
  const rooms = Array.from({ length: 200 }, (_, i) => `room-${i}`);
  const it = new TestingReducer(rooms);
  const [b, c] = [it.link("b"), it.link("c")];
  it.ways.set(b.relay, c);
  for (const room of rooms) {
    const seq = it.state(c, b.relay, room, ["bob"]);
    it.state(b, b.relay, room, ["bob"], { seq });
  }
  const last = rooms.at(-1)!;
  it.state(c, b.relay, last, ["bob", "ben"]);
  it.reducer.down(b);
  it.flush();
  assert.equal(it.remote(last).length, 2);
});

Deno.test("what one link says of a neighbour that does not confirm it is kept of so many rooms only", () => {
  const rooms = Array.from({ length: 200 }, (_, i) => `room-${i}`);
  const it = new TestingReducer(rooms);
  const [b, c] = [it.link("b"), it.link("c")];
  it.ways.set(b.relay, c);
  for (const room of rooms) it.state(c, b.relay, room, ["bob"]);
  assert.equal(taken(b).length, rooms.length, "the neighbour is told all of it");
  it.reducer.down(b);
  it.flush();
  assert.equal(rooms.filter((room) => it.remote(room).length > 0).length, 64);
});
