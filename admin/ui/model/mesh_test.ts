import assert from "node:assert/strict";
import { currentTopology, follow, GONE_MS, type Mesh, NEW_MS } from "./mesh.ts";
import type { Link, MeshLink, MeshRelay, Topology } from "./shapes.ts";

const relay = (key: string, label = key): MeshRelay => ({
  relay: key,
  label,
  region: null,
  address: null,
  build: null,
  load: null,
  draining: false,
  legacy: false,
  ageMs: null,
});
const edge = (a: string, b: string, rttMs: number | null = 20): MeshLink => ({
  a,
  b,
  rttMs,
  lossPct: null,
  legacy: false,
});
const link = (key: string, rttMs = 10): Link => ({
  relay: key,
  label: key,
  legacy: false,
  dialled: true,
  address: "192.0.2.1:4433",
  since: 0,
  rttMs,
  lossPct: 0,
});
const topology = (...links: MeshLink[]): Topology => ({
  self: "a",
  relays: [relay("a"), relay("b"), relay("c")],
  links,
});
const states = ({ edges }: Mesh) => edges.map(({ key, state }) => `${key} ${state}`);

Deno.test("of its own links the relay knows better than what others still say", () => {
  const said = topology(edge("a", "b", 99), edge("b", "c"));
  const now = currentTopology(said, [link("c")]);
  assert.deepEqual(now.links.map(({ a, b, rttMs }) => [a, b, rttMs]), [["a", "c", 10], [
    "b",
    "c",
    20,
  ]]);
});

Deno.test("this relay is shown though nobody speaks of it, and so is a neighbour that is silent", () => {
  const { relays } = currentTopology({ self: "a", relays: [], links: [] }, [link("b")]);
  assert.deepEqual(relays.map(({ relay, label }) => [relay, label]), [["a", ""], ["b", "b"]]);
});

Deno.test("nothing is new in the first picture", () => {
  const { mesh, news } = follow(null, topology(edge("a", "b")), 0);
  assert.deepEqual(states(mesh), ["a-b up"]);
  assert.deepEqual(news, []);
});

Deno.test("a link that comes is marked and told once", () => {
  const first = follow(null, topology(edge("a", "b")), 0).mesh;
  const second = follow(first, topology(edge("b", "a"), edge("c", "a")), 1_000);
  assert.deepEqual(states(second.mesh), ["a-b up", "a-c new"]);
  assert.deepEqual(second.news, ["Link c to a is up"]);
  const third = follow(second.mesh, topology(edge("a", "b"), edge("c", "a")), 1_000 + NEW_MS);
  assert.deepEqual(states(third.mesh), ["a-b up", "a-c up"]);
  assert.deepEqual(third.news, []);
});

Deno.test("a link that goes stays as a trace for a while, with its ends, and comes back as new", () => {
  const first = follow(null, topology(edge("a", "b"), edge("a", "c")), 0).mesh;
  const without = { ...topology(edge("a", "b")), relays: [relay("a"), relay("b")] };
  const gone = follow(first, without, 500);
  assert.deepEqual(states(gone.mesh), ["a-b up", "a-c down"]);
  assert.deepEqual(gone.mesh.relays.map(({ relay }) => relay), ["a", "b", "c"]);
  assert.deepEqual(gone.news, ["Link a to c is down"]);
  assert.deepEqual(states(follow(gone.mesh, topology(edge("a", "c")), 600).mesh), [
    "a-c new",
    "a-b down",
  ]);
  const later = follow(gone.mesh, without, 500 + GONE_MS).mesh;
  assert.deepEqual(states(later), ["a-b up"]);
  assert.deepEqual(later.relays.map(({ relay }) => relay), ["a", "b"]);
});
