import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeSignal, encodeSignal, type KnownSignal } from "../../proto/signal/mod.ts";
import type { Descriptor, Struct } from "../../proto/signal/descriptor.ts";
import { VARIANTS } from "../../proto/signal/signal.ts";
import { MAX_CALL_HOPS, newEnvelope, openEnvelope, passedOn, sealEnvelope } from "./envelope.ts";

const [OWN, NEXT, LAST] = ["aa", "bb", "cc"].map((byte) => byte.repeat(32)) as [
  string,
  string,
  string,
];
const ours = (relay: string) => ({ relay, legacy: false });

/** Any value that fits a descriptor. */
function valueOf(of: Descriptor): fc.Arbitrary<unknown> {
  switch (of.kind) {
    case "integer":
      return fc.nat({ max: Math.min(of.max, 2 ** 31 - 1) });
    case "f32":
      return fc.nat({ max: 1000 });
    case "bool":
      return fc.boolean();
    case "string":
      return fc.string({ unit: "grapheme", maxLength: 8 });
    case "bytes":
      return fc.uint8Array({ minLength: of.length ?? 0, maxLength: of.length ?? 40 });
    case "enum":
      return fc.constantFrom(...of.names);
    case "list":
      return fc.array(valueOf(of.of), { maxLength: 3 });
    case "map":
      return fc.constant(new Map());
    case "struct":
      return fieldsOf(of);
    case "message":
      return fc.constant({ type: "Unmute" });
    case "optional":
    case "ext":
      return fc.option(valueOf(of.of), { nil: null });
    case "default":
      return valueOf(of.of);
  }
}

function fieldsOf(of: Struct, more: Record<string, fc.Arbitrary<unknown>> = {}) {
  const fields = of.entries.map(({ name, of }) => [name, valueOf(of)]);
  return fc.record({ ...more, ...Object.fromEntries(fields) }, { noNullPrototype: true });
}

const anyMessage = fc.oneof(
  ...[...VARIANTS].map(([name, of]) => {
    const type = { type: fc.constant(name) };
    return of === "unit" ? fc.record(type, { noNullPrototype: true }) : fieldsOf(of, type);
  }),
) as fc.Arbitrary<KnownSignal>;

Deno.test("any inner message round-trips in the envelope", () => {
  fc.assert(
    fc.property(anyMessage, (inner) => {
      const first = newEnvelope(inner, OWN, LAST);
      const decoded = decodeSignal(encodeSignal(sealEnvelope(first, { legacy: false })));
      assert.ok(decoded.type === "FederatedSignalForward");
      const opened = openEnvelope(decoded, ours(OWN), NEXT);
      assert.deepEqual(opened, first);
      const further = passedOn(first, NEXT)!;
      const again = decodeSignal(encodeSignal(sealEnvelope(further, { legacy: false })));
      assert.ok(again.type === "FederatedSignalForward");
      assert.deepEqual(openEnvelope(again, ours(NEXT), LAST), {
        inner,
        origin: OWN,
        path: [OWN, NEXT],
        hops: MAX_CALL_HOPS - 1,
        target: LAST,
      });
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a forward goes over eight links and no further", () => {
  const relays = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(64));
  let envelope = newEnvelope({ type: "Hold" }, relays[0]!, null);
  for (let hop = 1; hop <= MAX_CALL_HOPS; hop++) {
    const sealed = sealEnvelope(envelope, { legacy: false });
    const opened = openEnvelope(sealed, ours(relays[hop - 1]!), relays[hop]!);
    assert.deepEqual(opened, envelope);
    const further = passedOn(envelope, relays[hop]!);
    assert.equal(further === null, hop === MAX_CALL_HOPS);
    if (further !== null) envelope = further;
  }
});

Deno.test("an original gets the forward as if it began here, and none of the extension", () => {
  const further = passedOn(newEnvelope({ type: "Hold" }, OWN, LAST), NEXT)!;
  const sealed = sealEnvelope(further, { legacy: true });
  assert.equal(sealed.ext, null);
  assert.equal(sealed.origin_relay_fp.replaceAll(":", ""), NEXT);
});
