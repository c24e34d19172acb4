import assert from "node:assert/strict";
import { DatagramMemory } from "./datagram_memory.ts";

Deno.test("each piece is as long as asked for, and nobody else's", () => {
  const memory = new DatagramMemory();
  const lengths = Array.from({ length: 600 }, (_, i) => i * 37 % 1_400);
  const pieces = [...lengths, 16_384, 16_385, 0, 100_000].map((length, i) => {
    const piece = memory.take(length);
    assert.equal(piece.length, length);
    assert.ok(piece.every((byte) => byte === 0));
    return piece.fill(i % 251 + 1);
  });
  for (const [i, piece] of pieces.entries()) {
    assert.ok(piece.every((byte) => byte === i % 251 + 1), `piece ${i}`);
  }
});

Deno.test("datagrams share blocks, and a block is not kept for one that is long gone", () => {
  const memory = new DatagramMemory();
  const blocks = new Set(Array.from({ length: 1_000 }, () => memory.take(134).buffer));
  assert.equal(blocks.size, Math.ceil(1_000 / Math.floor(16_384 / 134)));
});
