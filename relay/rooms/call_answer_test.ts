import assert from "node:assert/strict";
import { PROFILES } from "../../proto/codec.ts";
import { verifyAnswer } from "../../proto/handshake.ts";
import { Identity } from "../../proto/identity.ts";
import { nodeCrypto } from "../../proto/node_crypto.ts";
import { answerTo, chosenProfile } from "./call_answer.ts";

const { GOOD, DEGRADED, CATASTROPHIC, STUDIO_32K, STUDIO_48K, STUDIO_64K } = PROFILES;

Deno.test("the profile is the lower of the best allowed and the best offered", () => {
  // What real clients offer.
  const all = [STUDIO_64K, STUDIO_48K, STUDIO_32K, GOOD, DEGRADED, CATASTROPHIC];
  assert.equal(chosenProfile(all, "GOOD"), GOOD);
  assert.equal(chosenProfile(all, "STUDIO_48K"), STUDIO_48K);
  assert.equal(chosenProfile(all, "CATASTROPHIC"), CATASTROPHIC);
  assert.equal(chosenProfile([DEGRADED, CATASTROPHIC], "GOOD"), DEGRADED);
  assert.equal(chosenProfile([CATASTROPHIC], "STUDIO_64K"), CATASTROPHIC);
  assert.equal(chosenProfile([STUDIO_64K], "GOOD"), GOOD);
});

Deno.test("an offer without a usable profile counts as one of GOOD", () => {
  assert.equal(chosenProfile([], "STUDIO_64K"), GOOD);
  assert.equal(chosenProfile([{ ...GOOD, codec: "ComfortNoise" }], "STUDIO_64K"), GOOD);
  assert.equal(chosenProfile([], "DEGRADED"), DEGRADED);
  assert.equal(chosenProfile([{ ...GOOD, codec: "Opus16k" }], "STUDIO_64K"), GOOD);
  assert.equal(chosenProfile([{ ...GOOD, codec: "Codec2_3200" }], "GOOD"), CATASTROPHIC);
});

Deno.test("each answer is signed by the relay over a key of its own", () => {
  const identity = new Identity(nodeCrypto, new Uint8Array(32));
  const offer = {
    type: "CallOffer",
    identity_pub: new Uint8Array(32),
    ephemeral_pub: new Uint8Array(32),
    signature: new Uint8Array(64),
    supported_profiles: [],
    alias: null,
    ext: null,
  } as const;
  const [first, second] = [1, 2].map(() => answerTo(offer, "GOOD", identity, nodeCrypto));
  assert.notDeepEqual(first!.ephemeral_pub, second!.ephemeral_pub);
  assert.deepEqual(first!.identity_pub, identity.publicKey);
  assert(
    verifyAnswer(nodeCrypto, first!.identity_pub, first!.ephemeral_pub, first!.signature),
  );
  assert.equal(first!.ext, null);
  const ours = { ...offer, ext: { v: 1, caps: [], rtts: null } };
  assert.deepEqual(answerTo(ours, "GOOD", identity, nodeCrypto).ext?.caps, ["drain", "echo"]);
});
