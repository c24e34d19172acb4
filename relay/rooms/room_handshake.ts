/** What a client shows before it may join: perhaps a token, then a signed CallOffer. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { WireError } from "../../proto/errors.ts";
import { verifyOffer } from "../../proto/handshake.ts";
import { fingerprintOf } from "../../proto/identity.ts";
import { callIdOf } from "../../proto/room_name.ts";
import type { Signal, SignalOf } from "../../proto/signal/mod.ts";
import type { SignalChannel } from "../../quic/signal_channel.ts";
import type { Authenticator } from "../ports/auth.ts";
import type { CallAccess } from "../ports/call_access.ts";
import type { Refusal } from "./admission.ts";

export interface HandshakeParts {
  /** Where the client is. */
  readonly ip: string;
  readonly authenticator: Authenticator;
  readonly calls: CallAccess;
  readonly crypto: Pick<Crypto, "sha256" | "ed25519Verify">;
}

/** A client that has shown who it is. */
export interface Identified {
  /** Of the key that signed the offer. */
  readonly keyFingerprint: string;
  /** Under which it takes part: the authentication service's word counts more than the key. */
  readonly fingerprint: string;
  readonly alias: string | null;
  readonly offer: SignalOf<"CallOffer">;
}

export interface Refused {
  readonly refusal: Refusal;
  /** For the log; the client gets the refusal alone. */
  readonly detail?: string;
}

/** Null when the connection ended first. Never rejects. */
export async function identify(
  channel: SignalChannel,
  room: string,
  parts: HandshakeParts,
): Promise<Identified | Refused | null> {
  const { authenticator, crypto, ip } = parts;
  let message = await channel.receive();
  let known: { readonly fingerprint: string; readonly alias: string | null } | null = null;
  if (isSignal(message) && message.type === "AuthToken") {
    // Without a service there is nobody to ask, and everybody is who the key says.
    if (authenticator.required) {
      const outcome = await authenticator.check(message.token, ip);
      if (!outcome.ok) return { refusal: "not_authorized", detail: outcome.reason };
      known = outcome;
    }
    message = await channel.receive();
  }
  if (message === null) return null;
  if (message instanceof WireError) return badHandshake(message.message);
  if (message.type !== "CallOffer") return badHandshake(`${message.type} instead of CallOffer`);
  const { identity_pub, ephemeral_pub, signature, alias } = message;
  if (!verifyOffer(crypto, identity_pub, ephemeral_pub, signature)) {
    return badHandshake("the signature does not fit");
  }
  const keyFingerprint = fingerprintOf(crypto, identity_pub);
  if (authenticator.required && known === null && !mayDoWithout(room, keyFingerprint, parts)) {
    return { refusal: "not_authorized", detail: "token_missing" };
  }
  return {
    keyFingerprint,
    fingerprint: known?.fingerprint ?? keyFingerprint,
    alias: alias ?? known?.alias ?? null,
    offer: message,
  };
}

/** Whether this may be one of the two whose call the room is for. */
export function mayEnter(room: string, fingerprint: string, calls: CallAccess): boolean {
  const call = callIdOf(room);
  return call === null || calls.mayJoin(call, fingerprint);
}

/** Original clients show no token where their call takes place, only where they registered for it. */
function mayDoWithout(
  room: string,
  fingerprint: string,
  { calls }: Pick<HandshakeParts, "calls">,
): boolean {
  return callIdOf(room) !== null && calls.isAuthenticated(fingerprint) &&
    mayEnter(room, fingerprint, calls);
}

function isSignal(message: Signal | WireError | null): message is Signal {
  return message !== null && !(message instanceof WireError);
}

function badHandshake(detail: string): Refused {
  return { refusal: "bad_handshake", detail };
}
