/** The first messages of a `_signal` connection, and what the relay answers. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { WireError } from "../../proto/errors.ts";
import type { Identity } from "../../proto/identity.ts";
import { signPresence } from "../../proto/presence_signature.ts";
import type { KnownSignal, Signal, SignalOf } from "../../proto/signal/mod.ts";
import type { CloseInfo, Connection } from "../../quic/port.ts";
import { ClientError } from "../errors.ts";
import { closeReason } from "../room_handshake.ts";
import { visibleText } from "../visible_text.ts";

/** Who registers, and as what. */
export interface Registrant {
  /** Null registers nobody, as reflect probes do: not reachable, not listed. */
  readonly identity: Identity | null;
  readonly alias?: string;
  /** For relays that ask for one. */
  readonly token?: string;
  /** SHA-256 of the only certificate that is accepted. */
  readonly pin?: Uint8Array;
  /** Goes on here with a call that it is in at another relay. */
  readonly comesOver?: boolean;
}

/** What the relay said when it took us. */
export interface RelayNotice {
  readonly build: string | null;
  readonly region: string | null;
  /** Others, as `name|addr`. */
  readonly relays: readonly string[];
  /** Capabilities; null for a relay of the original kind. */
  readonly caps: readonly string[] | null;
}

/** What is said first, in order. Original relays ignore signature and `ext`. */
export function registrationMessages(
  { identity, alias, token, pin, comesOver = false }: Registrant,
  connection: Pick<Connection, "peerCertificate">,
  crypto: Crypto,
  wall: number,
): KnownSignal[] {
  const messages: KnownSignal[] = token === undefined ? [] : [{ type: "AuthToken", token }];
  if (identity === null) {
    messages.push({
      type: "RegisterPresence",
      identity_pub: new Uint8Array(32),
      signature: new Uint8Array(0),
      alias: null,
      ext: null,
    });
    return messages;
  }
  const certificate = connection.peerCertificate?.() ?? null;
  const relay = pin ?? (certificate && crypto.sha256(certificate));
  const { claim, signature } = signPresence(crypto, identity, relay, wall);
  messages.push({
    type: "RegisterPresence",
    identity_pub: identity.publicKey,
    signature,
    alias: alias ?? null,
    ext: {
      v: 1,
      caps: ["signed", "drain", ...comesOver ? ["adopt"] : []],
      issued_at: claim.issuedAt,
      nonce: claim.nonce,
    },
  });
  return messages;
}

/** Reads the answer, null when there was none. Throws `ClientError`. */
export function readAck(
  answer: Signal | WireError | null,
  closed: CloseInfo | null,
  timeoutMs: number,
): RelayNotice {
  if (answer === null) {
    throw closed?.kind === "local"
      ? new ClientError("silent", `The relay did not answer within ${timeoutMs} ms.`)
      : new ClientError("refused", `The relay refused: ${closeReason(closed)}.`);
  }
  if (answer instanceof WireError) {
    throw new ClientError("refused", `The relay's answer cannot be read: ${answer.message}.`);
  }
  if (answer.type !== "RegisterPresenceAck") {
    const what = answer.type === "unknown" ? visibleText(answer.variant) : answer.type;
    throw new ClientError("refused", `The relay sent ${what} where its Ack belongs.`);
  }
  if (!answer.success) {
    const reason = visibleText(answer.error ?? "") || "no reason given";
    throw new ClientError("refused", `The relay refused the registration: ${reason}.`);
  }
  return notice(answer);
}

function notice(ack: SignalOf<"RegisterPresenceAck">): RelayNotice {
  return {
    build: ack.relay_build,
    region: ack.relay_region,
    relays: ack.available_relays,
    caps: ack.ext?.caps ?? null,
  };
}
