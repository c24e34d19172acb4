/** SNI `_federation`: lets in who proves to be a relay that is known, and nobody else gets anything but a refusal. */
import type { Clock } from "../../quic/clock.ts";
import { Pace } from "../../quic/pace.ts";
import type { Connection } from "../../quic/port.ts";
import type { Counters } from "../../relay/ports/counters.ts";
import type { Arrival, Service } from "../../relay/ports/service.ts";
import { SourceLimit } from "../../relay/ports/source_limit.ts";
import type { RelayKey } from "../link.ts";
import { relayKeyOf } from "../relay_key.ts";
import type { OwnRelay } from "../trust/own_relay.ts";
import { type Dialler as Dialled, proveDialler } from "../trust/prove_dialler.ts";
import { ProvenNonces } from "../trust/proven_nonces.ts";
import type { Refusal } from "../trust/refusal.ts";
import type { ChannelCounters } from "../trust/relay_channel.ts";
import type { TrustedRelays } from "../trust/trusted_relays.ts";
import type { Hints } from "./hints.ts";
import type { Newcomer } from "./newcomer.ts";

export interface PendingLimits {
  readonly inAll: number;
  readonly perSource: number;
}

/** Relays have one such handshake at a time and are through it in two round trips; a dozen may share an address. */
const LIMITS: PendingLimits = { inAll: 128, perSource: 16 };
/** When all places are taken, one that has held its place longer than this gives it up. */
const PATIENCE_MS = 1_000;
/** Relays that nobody configured and that may prove who they are, so that the log can tell the operator. */
const STRANGERS = { perSecond: 1, burst: 10 };

export interface GreeterParts {
  readonly clock: Clock;
  readonly counters: ChannelCounters & Pick<Counters, "federationRefusals">;
  readonly own: OwnRelay;
  readonly hints: Hints;
  readonly trusted: () => TrustedRelays;
  /** What stands against a relay with this certificate. */
  readonly judge: (relay: RelayKey) => Refusal | null;
  /** Where the host of a peer was found last. */
  readonly addressesOf: (host: string) => readonly string[];
  /** Takes over a connection; what it says against it, after closing it. */
  readonly take: (newcomer: Newcomer) => Refusal | null;
  readonly limits?: PendingLimits;
}

const ACCEPTED = { dialled: false, first: null };

interface Pending {
  readonly connection: Connection;
  readonly since: number;
}

export class Greeter implements Service {
  readonly kind = "federation";
  readonly #parts: GreeterParts;
  readonly #maxPending: number;
  readonly #sources: SourceLimit;
  readonly #strangers = new Pace(STRANGERS.perSecond, STRANGERS.burst);
  readonly #proven = new ProvenNonces();
  /** In order of their beginning. */
  readonly #pending = new Set<Pending>();
  #closed = false;

  constructor(parts: GreeterParts) {
    const { inAll, perSource } = parts.limits ?? LIMITS;
    this.#parts = parts;
    this.#maxPending = inAll;
    this.#sources = new SourceLimit(perSource);
  }

  serve(arrival: Arrival): void {
    const { connection } = arrival;
    if (this.#closed) return connection.close(0, "shutdown");
    const release = this.#sources.take(connection.remoteAddress.ip);
    if (release === null) return void this.#refuse(connection, "over_source_limit");
    if (this.#pending.size >= this.#maxPending && !this.#giveUpOldest()) {
      release();
      return void this.#refuse(connection, "over_limit");
    }
    const pending = { connection, since: this.#parts.clock.now() };
    this.#pending.add(pending);
    this.#greet(arrival).finally(() => {
      this.#pending.delete(pending);
      release();
    });
  }

  /** Turns everybody away from now on. */
  close(): void {
    this.#closed = true;
    for (const { connection } of this.#pending) connection.close(0, "shutdown");
  }

  async #greet({ id, connection }: Arrival): Promise<void> {
    const { hints, judge, take } = this.#parts;
    const dialler = await proveDialler(connection, {
      ...this.#parts,
      proven: this.#proven,
      judge,
      mayAskStranger: () => this.#strangers.take(this.#parts.clock.now()),
    });
    const addr = connection.remoteAddress;
    if (dialler.is === "refused") {
      const { refusal, relay } = dialler;
      if (refusal === "unknown_relay" && relay !== null) hints.unknownRelay(relay, addr);
      else if (refusal !== "gone") hints.refused(id, addr, dialler);
      return;
    }
    const newcomer = dialler.is === "proven" ? this.#proved(dialler) : this.#original(dialler);
    const refusal = newcomer === null ? null : take(newcomer);
    if (refusal !== null) hints.refused(id, addr, { refusal, detail: "" });
  }

  #proved({ relay, channel }: Extract<Dialled, { is: "proven" }>): Newcomer | null {
    const { key, ext } = relay;
    const known = this.#parts.trusted().find(key);
    // Taken out of the configuration between its proof and now.
    if (known === null) return this.#refuse(channel.connection, "unknown_relay");
    return {
      ...ACCEPTED,
      relay: key,
      label: known.label,
      legacy: false,
      pinned: true,
      ext,
      channel,
    };
  }

  #original({ hello, channel }: Extract<Dialled, { is: "original" }>): Newcomer | null {
    const { hints, trusted, addressesOf } = this.#parts;
    const { connection } = channel;
    const addr = connection.remoteAddress;
    const verdict = trusted().judgeOriginal(hello, addr.ip, addressesOf);
    if ("refusal" in verdict) {
      const claimed = relayKeyOf(hello);
      if (verdict.refusal === "unknown_relay") hints.unknownOriginal(claimed, addr);
      else hints.originalNotAllowed(claimed, addr);
      return this.#refuse(connection, verdict.refusal);
    }
    const { label, key } = verdict;
    return { ...ACCEPTED, relay: key, label, legacy: true, pinned: false, ext: null, channel };
  }

  #giveUpOldest(): boolean {
    const [oldest] = this.#pending;
    if (oldest === undefined || this.#parts.clock.now() - oldest.since < PATIENCE_MS) return false;
    this.#pending.delete(oldest);
    this.#refuse(oldest.connection, "over_limit");
    return true;
  }

  #refuse(connection: Connection, refusal: Refusal): null {
    this.#parts.counters.federationRefusals.add(refusal);
    connection.close(0, refusal);
    return null;
  }
}
