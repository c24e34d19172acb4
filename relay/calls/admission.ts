/** How a `_signal` client becomes a registration: [AuthToken], RegisterPresence, and what is asked of both. */
import { WireError } from "../../proto/errors.ts";
import { type PresenceRefusal, PresenceVerifier } from "../../proto/presence_signature.ts";
import { hasCapability, type Signal, type SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Authenticator, AuthFailure, AuthOutcome } from "../ports/auth.ts";
import type { SignalLine } from "./signal_line.ts";

/** How long a client may take for each of its first messages. */
const OPENING_TIMEOUT_MS = 10_000;

/** Who the authentication service says a client is; null where there is no service. */
export type Authenticated = Extract<AuthOutcome, { ok: true }> | null;

/** Why a client did not get as far as a registration that can be judged. */
export type OpeningFailure = "closed" | "handshake_timeout" | "bad_handshake" | "not_authorized";

export type Opening =
  | {
    readonly ok: true;
    readonly register: SignalOf<"RegisterPresence">;
    readonly authenticated: Authenticated;
  }
  | { readonly ok: false; readonly reason: OpeningFailure; readonly detail?: AuthFailure };

/** Reads a client's first messages. Sends nothing: nothing may come before the RegisterPresenceAck. */
export async function readOpening(
  line: SignalLine,
  auth: Authenticator,
  clock: Clock,
): Promise<Opening> {
  let timedOut = false;
  const next = async () => {
    const limit = clock.after(OPENING_TIMEOUT_MS, () => {
      timedOut = true;
      line.connection.close(0, "handshake timeout");
    });
    try {
      return await line.receive();
    } finally {
      limit.cancel();
    }
  };
  const failed = (message: Signal | WireError | null): Opening => {
    if (timedOut) return { ok: false, reason: "handshake_timeout" };
    const gone = message === null || line.connection.closeInfo !== null;
    return { ok: false, reason: gone ? "closed" : "bad_handshake" };
  };

  let message = await next();
  let authenticated: Authenticated = null;
  if (message === null || message instanceof WireError) return failed(message);
  if (auth.required) {
    if (message.type !== "AuthToken") {
      return { ok: false, reason: "not_authorized", detail: "token_missing" };
    }
    const outcome = await auth.check(message.token, line.connection.remoteAddress.ip);
    if (!outcome.ok) return { ok: false, reason: "not_authorized", detail: outcome.reason };
    authenticated = outcome;
  }
  // Where nobody asks for a token, one that was sent all the same is ignored.
  if (message.type === "AuthToken") message = await next();
  if (message === null || message instanceof WireError || message.type !== "RegisterPresence") {
    return failed(message);
  }
  return { ok: true, register: message, authenticated };
}

/** What is wrong with a signature; null is a good one, `absent` none at all. */
export type SignatureVerdict = PresenceRefusal | "absent" | null;

/**
 * Judges the signature of a registration. Original clients send an empty one, and what they might put there is not
 * ours: only a client that announced `signed` means it.
 */
export function judgeSignature(
  { identity_pub, signature, ext }: SignalOf<"RegisterPresence">,
  verifier: PresenceVerifier,
  wallMs: number,
): SignatureVerdict {
  if (signature.length === 0 || ext === null || !hasCapability(ext, "signed")) return "absent";
  if (ext.issued_at === null || ext.nonce === null) return "presence_forged";
  const claim = { identityPublic: identity_pub, issuedAt: ext.issued_at, nonce: ext.nonce };
  return verifier.refusal(claim, signature, wallMs);
}

/** Whether this is the key that reflect probes register with. */
export function isAnonymousKey(key: Uint8Array): boolean {
  return key.every((byte) => byte === 0);
}
