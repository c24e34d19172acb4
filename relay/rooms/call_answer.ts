/** The relay's answer to a CallOffer, and the profile it names. */
import {
  type CodecId,
  type ProfileName,
  PROFILES,
  type QualityProfile,
} from "../../proto/codec.ts";
import type { Crypto } from "../../proto/crypto_port.ts";
import { signAnswer } from "../../proto/handshake.ts";
import type { Identity } from "../../proto/identity.ts";
import { hasCapability, type SignalOf } from "../../proto/signal/mod.ts";

/** Profiles from the least to the most demanding. */
const LADDER: readonly ProfileName[] = [
  "CATASTROPHIC",
  "DEGRADED",
  "GOOD",
  "STUDIO_32K",
  "STUDIO_48K",
  "STUDIO_64K",
];

/** The profile a codec belongs to. */
const OF_CODEC: Readonly<Record<CodecId, ProfileName | null>> = {
  Codec2_1200: "CATASTROPHIC",
  Codec2_3200: "CATASTROPHIC",
  Opus6k: "DEGRADED",
  Opus16k: "GOOD",
  Opus24k: "GOOD",
  Opus32k: "STUDIO_32K",
  Opus48k: "STUDIO_48K",
  Opus64k: "STUDIO_64K",
  ComfortNoise: null,
};

/** The lower of the best that was offered and the best that is allowed; an empty offer counts as GOOD. */
export function chosenProfile(
  offered: readonly QualityProfile[],
  max: ProfileName,
): QualityProfile {
  const steps = offered.map(({ codec }) => OF_CODEC[codec])
    .filter((name) => name !== null)
    .map((name) => LADDER.indexOf(name));
  const best = steps.length > 0 ? Math.max(...steps) : LADDER.indexOf("GOOD");
  return PROFILES[LADDER[Math.min(best, LADDER.indexOf(max))]!];
}

/** The answer to this offer, signed with a key made for this connection alone. */
export function answerTo(
  offer: SignalOf<"CallOffer">,
  max: ProfileName,
  identity: Identity,
  crypto: Pick<Crypto, "random" | "x25519Public">,
  /** Where else this room is carried, for clients that understand a drain. */
  relays: () => readonly string[] = () => [],
): SignalOf<"CallAnswer"> {
  // Its secret is not kept: protocol v1 encrypts nothing with it.
  const ephemeral = crypto.x25519Public(crypto.random(32));
  return {
    type: "CallAnswer",
    identity_pub: identity.publicKey,
    ephemeral_pub: ephemeral,
    signature: signAnswer(identity, ephemeral),
    chosen_profile: chosenProfile(offer.supported_profiles, max),
    // Originals send no `ext` and get none.
    ext: offer.ext === null ? null : {
      v: 1,
      caps: ["drain", "echo"],
      rtts: null,
      relays: hasCapability(offer.ext, "drain") ? relays() : [],
    },
  };
}
