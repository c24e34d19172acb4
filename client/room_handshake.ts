/** The first messages of a media connection: token, offer, answer. */
import { PROFILES, type QualityProfile } from "../proto/codec.ts";
import type { Crypto } from "../proto/crypto_port.ts";
import { signOffer, verifyAnswer } from "../proto/handshake.ts";
import { fingerprintOf, type Identity } from "../proto/identity.ts";
import type { Signal } from "../proto/signal/mod.ts";
import { WireError } from "../proto/errors.ts";
import type { Clock } from "../quic/clock.ts";
import type { CloseInfo, Connection } from "../quic/port.ts";
import type { SignalChannel } from "../quic/signal_channel.ts";
import { ClientError } from "./errors.ts";
import { visibleText } from "./visible_text.ts";

/** What we can send, in the order every client offers it. */
const OFFERED: readonly QualityProfile[] = [
  PROFILES.STUDIO_64K,
  PROFILES.STUDIO_48K,
  PROFILES.STUDIO_32K,
  PROFILES.GOOD,
  PROFILES.DEGRADED,
  PROFILES.CATASTROPHIC,
];

export interface HandshakeOptions {
  readonly connection: Connection;
  readonly signals: SignalChannel;
  readonly clock: Clock;
  readonly crypto: Crypto;
  readonly identity: Identity;
  /** What others see; null for none. */
  readonly alias: string | null;
  /** For relays that ask for one. */
  readonly token: string | null;
  readonly timeoutMs: number;
}

/** What the relay said of itself. */
export interface RelayInfo {
  /** Of its identity key; proves nothing about which relay it is. */
  readonly fingerprint: string;
  /** It sent no `ext`: a relay of the original kind, which reads nothing after the offer. */
  readonly original: boolean;
  readonly caps: readonly string[];
  readonly chosenProfile: QualityProfile;
  /** Other relays that carry this room, as `name|addr` and perhaps a certificate hash. */
  readonly relays: readonly string[];
}

/** Offers ourselves and checks the answer. Rejects with `ClientError`; the connection is then closed. */
export async function roomHandshake(options: HandshakeOptions): Promise<RelayInfo> {
  const { connection, signals, clock, crypto, identity, timeoutMs } = options;
  if (options.token !== null) signals.send({ type: "AuthToken", token: options.token });
  const ephemeral = crypto.x25519Public(crypto.random(32));
  signals.send({
    type: "CallOffer",
    identity_pub: identity.publicKey,
    ephemeral_pub: ephemeral,
    signature: signOffer(identity, ephemeral),
    supported_profiles: [...OFFERED],
    alias: options.alias,
    ext: { v: 1, caps: ["echo", "drain"], rtts: null },
  });
  const limit = clock.after(timeoutMs, () => connection.close(0, "no answer in time"));
  try {
    return readAnswer(await signals.receive(), connection.closeInfo, options);
  } catch (error) {
    connection.close(0, "bad answer");
    throw error;
  } finally {
    limit.cancel();
  }
}

function readAnswer(
  answer: Signal | WireError | null,
  closed: CloseInfo | null,
  { crypto, timeoutMs }: HandshakeOptions,
): RelayInfo {
  if (answer === null) throw refusal(closed, timeoutMs);
  if (answer instanceof WireError) {
    throw new ClientError("refused", `The relay's answer cannot be read: ${answer.message}.`);
  }
  if (answer.type !== "CallAnswer") {
    const what = answer.type === "unknown" ? visibleText(answer.variant) : answer.type;
    throw new ClientError("refused", `The relay sent ${what} where its CallAnswer belongs.`);
  }
  if (!verifyAnswer(crypto, answer.identity_pub, answer.ephemeral_pub, answer.signature)) {
    throw new ClientError("refused", "The signature of the relay's answer is not valid.");
  }
  return {
    fingerprint: fingerprintOf(crypto, answer.identity_pub),
    original: answer.ext === null,
    caps: answer.ext?.caps ?? [],
    chosenProfile: answer.chosen_profile,
    relays: answer.ext?.relays ?? [],
  };
}

function refusal(closed: CloseInfo | null, timeoutMs: number): ClientError {
  if (closed?.kind === "local") {
    return new ClientError("refused", `The relay did not answer the offer within ${timeoutMs} ms.`);
  }
  return new ClientError("refused", `The relay refused: ${closeReason(closed)}.`);
}

/** The end of a connection in words, to stand inside a sentence. */
export function closeReason(closed: CloseInfo | null): string {
  if (closed?.kind === "idle") return "nothing was heard of it any more";
  return visibleText(closed?.reason ?? "") || "no reason given";
}
