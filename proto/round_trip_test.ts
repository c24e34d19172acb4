import assert from "node:assert/strict";
import fc from "fast-check";
import { echoDatagram } from "./echo_datagram.ts";
import { WireError } from "./errors.ts";
import { linkProbe } from "./link_probe.ts";
import { MEDIA_CODEC, validateMedia } from "./media_header.ts";
import type { RoundTrip } from "./round_trip.ts";

const roundTrip: fc.Arbitrary<RoundTrip> = fc.record({
  kind: fc.constantFrom("request" as const, "reply" as const),
  seq: fc.integer({ min: 0, max: 0xffff_ffff }),
  clockUs: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
}, { noNullPrototype: true });

Deno.test("an echo is mark, kind, number and clock, most significant byte first", () => {
  const bytes = echoDatagram.encode({
    kind: "request",
    seq: 0x01020304,
    clockUs: 0x1112131415161718n,
  });
  assert.deepEqual(
    [...bytes],
    [0x3c, 0, 1, 2, 3, 4, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18],
  );
});

Deno.test("a link probe has the same layout behind its kind byte", () => {
  const bytes = linkProbe.encode({ kind: "reply", seq: 1, clockUs: 2n });
  assert.deepEqual([...bytes], [2, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
});

Deno.test("an echo is refused as media for its codec", () => {
  const bytes = echoDatagram.encode({ kind: "request", seq: 0, clockUs: 0n });
  assert.equal(validateMedia(bytes), MEDIA_CODEC);
});

Deno.test("a reply is the request with another kind, whatever clock was in it", () => {
  const request = echoDatagram.encode({ kind: "request", seq: 7, clockUs: (1n << 64n) - 1n });
  const reply = echoDatagram.replyTo(request);
  assert.equal(echoDatagram.isRequest(request), true);
  assert.equal(echoDatagram.isRequest(reply), false);
  assert.deepEqual(echoDatagram.decode(reply), {
    kind: "reply",
    seq: 7,
    clockUs: (1n << 64n) - 1n,
  });
});

for (const [name, format] of [["echo", echoDatagram], ["link probe", linkProbe]] as const) {
  Deno.test(`a decoded ${name} is the encoded one`, () => {
    fc.assert(
      fc.property(roundTrip, (value) => {
        const bytes = format.encode(value);
        assert.equal(format.matches(bytes), true);
        assert.equal(format.isRequest(bytes), value.kind === "request");
        assert.deepEqual(format.decode(bytes), value);
      }),
      { numRuns: 2000 },
    );
  });

  Deno.test(`${name}: the decoder accepts exactly what matches, and throws only WireError`, () => {
    const mark = format.encode({ kind: "request", seq: 0, clockUs: 0n })[0]!;
    const bytes = fc.tuple(
      fc.constantFrom(mark, mark, mark, 0),
      fc.integer({ min: 0, max: 3 }),
      fc.oneof(fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.uint8Array({ maxLength: 20 })),
    ).map(([first, kind, rest]) => Uint8Array.of(first, kind, ...rest));
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          format.decode(input);
          assert.equal(format.matches(input), true);
        } catch (error) {
          assert.ok(error instanceof WireError, String(error));
          assert.equal(format.matches(input), false);
        }
      }),
      { numRuns: 5000 },
    );
  });

  Deno.test(`${name}: every way to be wrong has its code`, () => {
    const good = format.encode({ kind: "reply", seq: 1, clockUs: 1n });
    assert.throws(() => format.decode(good.subarray(0, 13)), { code: "truncated" });
    assert.throws(() => format.decode(Uint8Array.of(...good, 0)), { code: "too_large" });
    assert.throws(() => format.decode(Uint8Array.of(good[0]!, 2, ...good.subarray(2))), {
      code: "malformed",
    });
  });

  Deno.test(`${name}: numbers that do not fit are refused`, () => {
    assert.throws(() => format.encode({ kind: "reply", seq: 2 ** 32, clockUs: 0n }), RangeError);
    assert.throws(() => format.encode({ kind: "reply", seq: 0, clockUs: -1n }), RangeError);
  });
}
