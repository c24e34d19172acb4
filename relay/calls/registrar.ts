/** Registers clients for direct calls: judges who they say they are, answers, and lets them be found. */
import type { Crypto } from "../../proto/crypto_port.ts";
import { fingerprintOf } from "../../proto/identity.ts";
import type { PresenceRefusal, PresenceVerifier } from "../../proto/presence_signature.ts";
import { hasCapability, type SignalOf } from "../../proto/signal/mod.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Counters } from "../ports/counters.ts";
import type { Log } from "../ports/log.ts";
import type { PresenceSink } from "../ports/presence.ts";
import { isAnonymousKey, judgeSignature, type Opening } from "./admission.ts";
import { boundedAlias } from "./contact.ts";
import { type Departure, type Registration, registrationOn, type SignalHub } from "./signal_hub.ts";
import type { SignalLine } from "./signal_line.ts";

/** What the relay announces to clients that announce something themselves. */
const CAPABILITIES = { v: 1, caps: ["drain", "signed"] };

/** Time for a refusal to leave before the close overtakes it; a client usually closes first. */
const REFUSAL_LINGER_MS = 1_000;

export interface RegistrarOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly counters: Counters;
  readonly crypto: Pick<Crypto, "sha256">;
  readonly verifier: PresenceVerifier;
  readonly presence: PresenceSink;
  readonly hub: SignalHub;
  /** False while the relay drains. */
  readonly takesClients: () => boolean;
  readonly requireSigned: () => boolean;
  /** Whether the operator keeps a client out. */
  readonly isDenied: (fingerprint: string, ip: string) => boolean;
  readonly build: string;
  readonly region: () => string | null;
  /** Other relays a client may use, `name|addr`. */
  readonly relays: () => readonly string[];
  readonly onLeave: (registration: Registration, departure: Departure) => void;
}

type Registering = Extract<Opening, { ok: true }>;
type RegisterPresence = SignalOf<"RegisterPresence">;

/** Why a registration is refused; also the text in the Ack and the close reason. */
export type RegistrationRefusal =
  | PresenceRefusal
  | "draining"
  /** The operator keeps this client out. */
  | "denied"
  /** Only signed registrations are taken here. */
  | "presence_unsigned"
  /** The fingerprint is registered with a signature. */
  | "presence_protected";

export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #endPresence = new Map<Registration, () => void>();

  constructor(options: RegistrarOptions) {
    this.#options = options;
  }

  /**
   * The registration, or null when the client is refused or gone. Nothing in here waits: between the judgement, the
   * Ack and the place in the hub nothing can happen.
   */
  register(id: string, line: SignalLine, opening: Registering): Registration | null {
    const { counters, hub, log, presence } = this.#options;
    const registration = this.#identify(id, line, opening);
    if (typeof registration === "string") {
      this.#refuse(id, line, opening.register, registration);
      return null;
    }
    const { fingerprint, alias, anonymous, signed } = registration;
    if (signed) this.#displaceUnsigned(registration);
    // Queued before anybody can find the client, so it is the first stream the client sees.
    if (!line.send(this.#ack(opening.register, null))) {
      counters.registrations.add("closed");
      return null;
    }
    const replaced = hub.find(fingerprint);
    hub.enter(registration);
    counters.registrations.add("ok");
    counters.activeRegistrations += 1;
    if (!anonymous) this.#endPresence.set(registration, presence.enter(fingerprint, alias, null));
    log.info("registered", {
      conn: id,
      fingerprint,
      alias: alias ?? undefined,
      anonymous: anonymous || undefined,
      signed,
      replaces: replaced?.id,
    });
    return registration;
  }

  /** Harmless for one that left before. */
  leave(registration: Registration): void {
    const { counters, hub, onLeave } = this.#options;
    const departure = hub.leave(registration);
    if (departure === null) return;
    counters.activeRegistrations -= 1;
    this.#endPresence.get(registration)?.();
    this.#endPresence.delete(registration);
    onLeave(registration, departure);
  }

  #identify(
    id: string,
    line: SignalLine,
    { register, authenticated }: Registering,
  ): Registration | RegistrationRefusal {
    const { clock, crypto, hub, log, requireSigned, isDenied, takesClients, verifier } =
      this.#options;
    if (!takesClients()) return "draining";
    const verdict = judgeSignature(register, verifier, clock.wall());
    if (verdict !== null && verdict !== "absent") return verdict;
    const signed = verdict === null;
    const keyFingerprint = fingerprintOf(crypto, register.identity_pub);
    const fingerprint = authenticated?.fingerprint ?? keyFingerprint;
    // Whoever is denied by the key does not come in with somebody's token.
    const { ip } = line.connection.remoteAddress;
    if (isDenied(fingerprint, ip) || isDenied(keyFingerprint, ip)) return "denied";
    // Nothing is claimed with the all-zero key, so there is nothing to prove.
    const anonymous = isAnonymousKey(register.identity_pub);
    if (!signed && !anonymous) {
      if (requireSigned()) return "presence_unsigned";
      if (hub.isProtected(fingerprint)) return "presence_protected";
    }
    if (!anonymous && fingerprint !== keyFingerprint) {
      const fields = { conn: id, fingerprint, key: keyFingerprint };
      log.warn("token and key belong to different fingerprints, the token counts", fields);
    }
    return registrationOn(line, {
      id,
      fingerprint,
      keyFingerprint,
      alias: boundedAlias(register.alias ?? authenticated?.alias ?? null),
      anonymous,
      signed,
      authenticated: authenticated !== null,
      drains: hasCapability(register.ext, "drain"),
      comesOver: hasCapability(register.ext, "adopt"),
    });
  }

  #refuse(
    id: string,
    line: SignalLine,
    register: RegisterPresence,
    reason: RegistrationRefusal,
  ): void {
    const { clock, counters, log } = this.#options;
    counters.registrations.add(reason);
    log.info("registration refused", { conn: id, reason });
    line.send(this.#ack(register, reason));
    const { connection } = line;
    const linger = clock.after(REFUSAL_LINGER_MS, () => connection.close(0, reason));
    connection.closed.then(() => linger.cancel());
  }

  #ack({ ext }: RegisterPresence, error: RegistrationRefusal | null) {
    const { build, region, relays } = this.#options;
    return {
      type: "RegisterPresenceAck",
      success: error === null,
      error,
      relay_build: build,
      relay_region: region(),
      available_relays: relays(),
      ext: ext === null ? null : CAPABILITIES,
    } satisfies SignalOf<"RegisterPresenceAck">;
  }

  /** Who proved to own a fingerprint does not share it with those who only claimed it. */
  #displaceUnsigned({ fingerprint, id }: Registration): void {
    for (const displaced of this.#options.hub.unsigned(fingerprint)) {
      const fields = { conn: id, fingerprint, displaced: displaced.id };
      this.#options.log.warn("a signed registration displaced an unsigned one", fields);
      this.leave(displaced);
      displaced.line.connection.close(0, "presence_protected");
    }
  }
}
