/** What the log says of relays that were refused: seldom, and with what the operator can do. */
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Log } from "../../relay/ports/log.ts";
import type { RelayKey } from "../link.ts";
import type { Refusal, Refused } from "../trust/refusal.ts";
import { Seldom } from "./seldom.ts";

/** Often enough for who waits for it, and no more than 144 times a day. */
const INTERVAL_MS = 600_000;
/** Anybody can make up relays: no more of them than an operator would want to read of. */
const MAX_STRANGERS = 32;
/** Configured relays, each with a few reasons. */
const MAX_KNOWN = 4_096;

export class Hints {
  readonly #log: Log;
  readonly #strangers: Seldom;
  readonly #known: Seldom;

  constructor(clock: Clock, log: Log) {
    this.#log = log;
    this.#strangers = new Seldom(clock, INTERVAL_MS, MAX_STRANGERS);
    this.#known = new Seldom(clock, INTERVAL_MS, MAX_KNOWN);
  }

  /** A relay that nobody configured wanted to link, and has proven that it has this certificate. */
  unknownRelay(relay: RelayKey, addr: SocketAddress): void {
    if (!this.#strangers.due(relay)) return;
    this.#log.warn("unknown relay refused; to accept it, add these lines to the configuration:", {
      addr,
    });
    this.#block(relay);
  }

  /** The same of one of the original kind, which only claims a certificate, if anything. */
  unknownOriginal(claimed: RelayKey | null, addr: SocketAddress): void {
    if (!this.#strangers.due(claimed ?? addr.ip)) return;
    if (claimed === null) {
      this.#log.warn("unknown relay of the original kind refused, it names no fingerprint", {
        addr,
      });
      return;
    }
    this.#log.warn(
      "unknown relay of the original kind refused, which can prove nothing; to accept whoever " +
        "claims this fingerprint, add these lines to the configuration:",
      { addr },
    );
    this.#block(claimed);
    this.#log.warn("  allow_legacy = true");
  }

  /** It proves nothing, and its entry does not allow that. */
  originalNotAllowed(claimed: RelayKey | null, addr: SocketAddress): void {
    if (!this.#known.due(`original ${claimed ?? addr.ip}`)) return;
    this.#log.warn(
      "a relay that does not prove who it is was refused: allow_legacy = true in its entry " +
        "lets relays of the original kind in, and everybody who pretends to be it",
      { addr, tls_fingerprint: claimed === null ? undefined : colons(claimed) },
    );
  }

  /** Any other refusal of somebody who dialled. */
  refused(conn: string, addr: SocketAddress, { refusal, detail }: Refused): void {
    const fields = { conn, addr, reason: refusal, detail };
    if (this.#strangers.due(`${refusal} ${addr.ip}`)) {
      this.#log.warn("a connection for a federation link was refused", fields);
    } else this.#log.debug("a connection for a federation link was refused again", fields);
  }

  /** The relay at the address of a peer has none of the certificates it should have. */
  wrongCertificate(
    peer: string,
    addr: SocketAddress,
    configured: readonly RelayKey[],
    shown: Uint8Array | null,
  ): void {
    if (!this.#known.due(`certificate ${peer}`)) return;
    this.#log.error(
      "no link: the certificate of a peer is not the configured one. If that relay has a new " +
        "identity, ask its operator for its tls_fingerprint and set it in [[peers]]; if not, " +
        "somebody else answers at its address",
      {
        peer,
        addr,
        configured: configured.map(colons),
        tls_fingerprint: shown === null ? "unknown" : formatTlsFingerprint(shown),
      },
    );
  }

  /** A peer was reached and there is no link all the same. `own` is this relay's fingerprint. */
  noLink(
    peer: string,
    addr: SocketAddress,
    { refusal, detail }: Refused,
    own: RelayKey,
  ): void {
    if (!this.#known.due(`${refusal} ${detail} ${peer}`)) return;
    const fields = { peer, addr, reason: refusal, detail };
    if (refusal === "gone" && detail === ("unknown_relay" satisfies Refusal)) {
      this.#log.warn(
        "no link: a peer does not know this relay. Its operator has to add it under [[trusted]] " +
          "or [[peers]], with this fingerprint",
        { peer, addr, tls_fingerprint: colons(own) },
      );
    } else if (refusal === "legacy_not_allowed" || refusal === "timeout") {
      this.#log.warn(
        "no link: a peer does not answer as relays of this kind do. If it is one of the original " +
          "kind, allow_legacy = true in its entry permits that",
        fields,
      );
    } else this.#log.warn("no link with a peer", fields);
  }

  #block(relay: RelayKey): void {
    this.#log.warn("  [[trusted]]");
    this.#log.warn(`  fingerprint = "${colons(relay)}"`);
    this.#log.warn(`  label = "relay-${relay.slice(0, 8)}"`);
  }
}

function colons(relay: RelayKey): string {
  return formatTlsFingerprint(Uint8Array.fromHex(relay));
}
