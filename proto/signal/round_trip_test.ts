import assert from "node:assert/strict";
import fc from "fast-check";
import { WireError } from "../errors.ts";
import { decodeSignal } from "./decode.ts";
import { type Descriptor, MAX_U64, type Struct } from "./descriptor.ts";
import { encodeSignal } from "./encode.ts";
import { shortestFloat32 } from "./float32.ts";
import { type KnownSignal, VARIANTS } from "./signal.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const text = fc.string({ unit: "binary", maxLength: 12 });

/** Any value that fits a descriptor, as the decoder would return it. */
function valueOf(of: Descriptor, depth: number): fc.Arbitrary<unknown> {
  switch (of.kind) {
    case "integer":
      return of.max <= Number.MAX_SAFE_INTEGER ? fc.integer({ min: 0, max: of.max }) : fc.oneof(
        fc.maxSafeNat(),
        fc.double({ min: 2 ** 53, max: MAX_U64, noNaN: true }),
      );
    case "f32":
      return fc.float({ min: Math.max(of.min, -(2 ** 100)), noNaN: true, noDefaultInfinity: true })
        .map(shortestFloat32);
    case "bool":
      return fc.boolean();
    case "string":
      return text;
    case "bytes": {
      const { length } = of;
      return fc.uint8Array(
        length === null ? { maxLength: 80 } : { minLength: length, maxLength: length },
      );
    }
    case "enum":
      return fc.constantFrom(...of.names);
    case "list":
      return fc.array(valueOf(of.of, depth), { maxLength: Math.min(of.maxLength, 5) });
    case "map":
      return fc.uniqueArray(fc.tuple(text, valueOf(of.of, depth)), {
        maxLength: 5,
        selector: ([key]) => key,
      }).map((entries) => new Map(entries));
    case "struct":
      return fc.record(fieldsOf(of, depth), { noNullPrototype: true });
    case "message":
      return depth === 0 ? fc.constant({ type: "Hold" }) : anyMessage(depth - 1);
    case "optional":
    case "ext":
      return fc.option(valueOf(of.of, depth), { nil: null });
    case "default":
      return fc.oneof(fc.constant(of.value), valueOf(of.of, depth));
  }
}

function fieldsOf(struct: Struct, depth: number): Record<string, fc.Arbitrary<unknown>> {
  return Object.fromEntries(struct.entries.map(({ name, of }) => [name, valueOf(of, depth)]));
}

function messageOf(name: string, of: Struct | "unit", depth: number): fc.Arbitrary<KnownSignal> {
  const fields = of === "unit" ? {} : fieldsOf(of, depth);
  return fc.record({ type: fc.constant(name), ...fields }, {
    noNullPrototype: true,
  }) as fc.Arbitrary<
    KnownSignal
  >;
}

function anyMessage(depth: number): fc.Arbitrary<KnownSignal> {
  return fc.oneof(...[...VARIANTS].map(([name, of]) => messageOf(name, of, depth)));
}

/** The decoder may refuse anything, but only in the one way. */
function decodesOrRefuses(bytes: Uint8Array): void {
  try {
    const message = decodeSignal(bytes);
    // What was accepted can be sent on, and means the same to the next reader.
    if (message.type !== "unknown" && !holdsUnknown(message)) {
      assert.deepEqual(decodeSignal(encodeSignal(message)), message);
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

function holdsUnknown(message: KnownSignal): boolean {
  if (message.type !== "FederatedSignalForward") return false;
  return message.inner.type === "unknown" || holdsUnknown(message.inner);
}

const toBytes = (json: Json) => new TextEncoder().encode(JSON.stringify(json));
const toJson = (message: KnownSignal): Json =>
  JSON.parse(new TextDecoder().decode(encodeSignal(message)));

for (const [name, of] of VARIANTS) {
  Deno.test(`any ${name} is the same after encoding and decoding`, () => {
    fc.assert(
      fc.property(messageOf(name, of, 2), (message) => {
        assert.deepEqual(decodeSignal(encodeSignal(message)), message);
      }),
      { numRuns: of === "unit" ? 1 : 300 },
    );
  });
}

Deno.test("arbitrary bytes cause nothing but the wire error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), decodesOrRefuses),
    { numRuns: 50_000 },
  );
});

Deno.test("arbitrary JSON causes nothing but the wire error", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => {
      decodesOrRefuses(new TextEncoder().encode(json));
    }),
    { numRuns: 30_000 },
  );
});

Deno.test("arbitrary content of a known variant causes nothing but the wire error", () => {
  const content = (of: Struct | "unit") =>
    of === "unit" ? fc.jsonValue() : fc.oneof(
      fc.jsonValue(),
      fc.record(
        Object.fromEntries(of.entries.map(({ name }) => [name, fc.jsonValue({ maxDepth: 3 })])),
        { requiredKeys: [] },
      ),
    );
  const messages = [...VARIANTS].map(([name, of]) =>
    content(of).map((value) => ({ [name]: value as Json }))
  );
  fc.assert(
    fc.property(fc.oneof(...messages), (json) => decodesOrRefuses(toBytes(json))),
    { numRuns: 30_000 },
  );
});

/** Values that tend to lie just outside what is allowed. */
const oddities: readonly Json[] = [
  ...[null, true, false, 0, -1, 0.5, 255, 256, 2 ** 32, 2 ** 53, 2 ** 64, 1e39, 1e308, -1e39],
  ...["", "Hold", "__proto__", "\ud800", "\u0000", [], {}, [0], [[]], { Hold: null }],
];

/** Replaces, removes or adds one thing somewhere in the tree; `pick(n)` chooses below n. */
function mutate(json: Json, pick: (below: number) => number): Json {
  if (json === null || typeof json !== "object" || pick(6) === 0) return oddities[pick(24)] ?? null;
  if (Array.isArray(json)) {
    const at = pick(json.length + 1);
    if (at === json.length) return [...json, oddities[pick(24)] ?? null];
    return pick(3) === 0 ? json.toSpliced(at, 1) : json.with(at, mutate(json[at] ?? null, pick));
  }
  const entries = Object.entries(json);
  const at = pick(entries.length + 1);
  const entry = entries[at];
  if (entry === undefined) entries.push(["extra", oddities[pick(24)] ?? null]);
  else if (pick(4) === 0) entries.splice(at, 1);
  else entries[at] = [entry[0], mutate(entry[1], pick)];
  return Object.fromEntries(entries);
}

Deno.test("a valid message with one value changed causes nothing but the wire error", () => {
  fc.assert(
    fc.property(anyMessage(2), fc.infiniteStream(fc.nat()), (message, numbers) => {
      decodesOrRefuses(toBytes(mutate(toJson(message), (below) => numbers.next().value % below)));
    }),
    { numRuns: 30_000 },
  );
});

Deno.test("a valid message with bytes changed, cut or doubled causes nothing but the wire error", () => {
  const byte = fc.oneof(
    fc.constantFrom(...new TextEncoder().encode(`0129-.e,:[]{}"\\ nul`)),
    fc.integer({ min: 0, max: 255 }),
  );
  const edit = fc.tuple(fc.nat(), byte, fc.nat({ max: 8 }), fc.nat({ max: 2 }));
  const edits = fc.array(edit, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(anyMessage(2), edits, (message, changes) => {
      const bytes = [...encodeSignal(message)];
      for (const [position, value, length, kind] of changes) {
        const at = position % (bytes.length + 1);
        if (kind === 0) bytes[at] = value;
        else if (kind === 1) bytes.splice(at, length);
        else bytes.splice(at, 0, ...bytes.slice(at, at + length));
      }
      decodesOrRefuses(Uint8Array.from(bytes));
    }),
    { numRuns: 30_000 },
  );
});
