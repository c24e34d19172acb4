import assert from "node:assert/strict";
import { crosses, placeLabels } from "./graph_labels.ts";

const size = { width: 60, height: 30 };
const frame = { width: 500, height: 300 };

Deno.test("a name stands where no line goes", () => {
  const at = { x: 250, y: 150 };
  const down = { id: "1", from: at, to: { x: 250, y: 280 }, size };
  const { nodes } = placeLabels([{ id: "n", at, size }], [down], 20, frame);
  assert.deepEqual(nodes.get("n"), { x: 250, y: 150 - 20 - 15 });
});

Deno.test("figures of lines that cross do not cover each other", () => {
  const lines = [
    { id: "1", from: { x: 50, y: 50 }, to: { x: 450, y: 250 }, size },
    { id: "2", from: { x: 50, y: 250 }, to: { x: 450, y: 50 }, size },
  ];
  const { edges } = placeLabels([], lines, 20, frame);
  const [one, two] = [edges.get("1")!, edges.get("2")!];
  assert(Math.abs(one.x - two.x) >= size.width || Math.abs(one.y - two.y) >= size.height);
});

Deno.test("names stay in the picture", () => {
  const { nodes } = placeLabels([{ id: "n", at: { x: 250, y: 290 }, size }], [], 10, frame);
  assert(nodes.get("n")!.y < 290);
});

Deno.test("a line through a box is told from one beside it", () => {
  const box = { left: 10, right: 20, top: 10, bottom: 20 };
  assert(crosses({ x: 0, y: 15 }, { x: 30, y: 15 }, box));
  assert(crosses({ x: 15, y: 12 }, { x: 15, y: 13 }, box));
  assert(!crosses({ x: 0, y: 15 }, { x: 5, y: 15 }, box));
  assert(!crosses({ x: 0, y: 30 }, { x: 30, y: 25 }, box));
});
