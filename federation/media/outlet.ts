/** One link as the media bridge sees it: what goes out over it, and what became of that. */
import type { Log } from "../../relay/ports/log.ts";
import type { Cell, Counters } from "../../relay/ports/counters.ts";
import { CLOSED, QUEUE_FULL, SENT, TOO_LARGE } from "../../quic/port.ts";
import type { Link } from "../link.ts";

/** What media can be sent to: a link, or a link made for a call. The same object as long as it is up. */
export interface MediaTarget
  extends
    Pick<Link, "relay" | "fingerprint" | "label" | "meter" | "stale" | "can" | "sendDatagram"> {}

/** Why a link did not get a packet that was for it; the label values of the counter. */
const DROPS = ["hops", "too_large", "slow_receiver", "stale_receiver", "closed"] as const;
type Drop = typeof DROPS[number];

const HOPS = 0;
const TOO_BIG = 1;
const SLOW = 2;
const STALE = 3;
const GONE = 4;

/** Every so many datagrams, and the first, one is told at debug level. */
const TELL_EVERY = 250;

/** What is counted of one link: targets = sent + all drops. */
export interface LinkFigures {
  /** Valid packets that came. */
  readonly received: number;
  /** Packets that were for it. */
  readonly targets: number;
  readonly sent: number;
  readonly dropped: Readonly<Record<Drop, number>>;
}

export class Outlet {
  readonly target: MediaTarget;
  /** Whether it takes link datagrams version 2; otherwise those with a room hash in front. */
  readonly media2: boolean;
  readonly #log: Log;
  readonly #family: Counters["federationPacketsDropped"];
  /** Places in the family, by the order of `DROPS`. */
  readonly #places: readonly number[];
  readonly #counters: Pick<Counters, "federationBytesReceived" | "federationBytesSent">;
  readonly #in: Cell;
  readonly #out: Cell;
  readonly #dropped = [0, 0, 0, 0, 0];
  #received = 0;
  #sent = 0;

  constructor(target: MediaTarget, { counters, log }: { counters: Counters; log: Log }) {
    this.target = target;
    this.media2 = target.can("media2");
    this.#log = log;
    this.#family = counters.federationPacketsDropped;
    this.#places = DROPS.map((reason) => this.#family.index(reason));
    this.#counters = counters;
    const peer = target.meter ?? target.label;
    this.#in = counters.federationPacketsForwarded.child(peer, "in");
    this.#out = counters.federationPacketsForwarded.child(peer, "out");
  }

  /** A valid packet came over it. */
  received(length: number): void {
    this.#in.value += 1;
    this.#counters.federationBytesReceived += length;
    this.#received += 1;
    if (told(this.#received)) this.#tell("in", this.#received, length);
  }

  /** Sends a datagram in the link's own framing, or counts why not. */
  send(datagram: Uint8Array): void {
    if (this.target.stale) return this.#drop(STALE);
    switch (this.target.sendDatagram(datagram)) {
      case SENT:
        this.#out.value += 1;
        this.#counters.federationBytesSent += datagram.length;
        this.#sent += 1;
        if (told(this.#sent)) this.#tell("out", this.#sent, datagram.length);
        return;
      case QUEUE_FULL:
        return this.#drop(SLOW);
      case TOO_LARGE:
        if (told(this.#dropped[TOO_BIG]! + 1)) this.#warn(datagram.length);
        return this.#drop(TOO_BIG);
      case CLOSED:
        return this.#drop(GONE);
    }
  }

  /** A packet was for it that has no hops left. */
  tooFar(): void {
    this.#drop(HOPS);
  }

  /** What was counted since it came up. */
  figures(): LinkFigures {
    const dropped = Object.fromEntries(DROPS.map((reason, at) => [reason, this.#dropped[at]!]));
    return {
      received: this.#received,
      targets: this.#dropped.reduce((sum, count) => sum + count, this.#sent),
      sent: this.#sent,
      dropped: dropped as Record<Drop, number>,
    };
  }

  #drop(reason: number): void {
    this.#dropped[reason]! += 1;
    this.#family.inc(this.#places[reason]!);
  }

  #tell(direction: "in" | "out", count: number, length: number): void {
    if (!this.#log.enabled("debug")) return;
    this.#log.debug("federation datagram", { peer: this.target.label, direction, count, length });
  }

  #warn(length: number): void {
    this.#log.warn("packet is too large for a link", { peer: this.target.label, length });
  }
}

function told(count: number): boolean {
  return count === 1 || count % TELL_EVERY === 0;
}
