/** A link with another relay: the same object for as long as there is a connection with it, whichever that is. */
import { type Capability, hasCapability, type KnownSignal } from "../../proto/signal/mod.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import { CLOSED, type SendResult } from "../../quic/port.ts";
import type { Link, RelayDescription, RelayKey } from "../link.ts";
import { LINK_CAPABILITIES, type RelayExt } from "../trust/own_relay.ts";
import { describe } from "../trust/proven_relay.ts";
import { type Change, LineChoice } from "./line_choice.ts";
import type { LinkLine } from "./link_line.ts";

export interface RelayLinkParts {
  readonly relay: RelayKey;
  readonly label: string;
  readonly meter?: string;
  readonly legacy: boolean;
  /** What it said of itself; null where it said nothing. */
  readonly ext: RelayExt | null;
  readonly since: number;
  readonly now: () => number;
  /** Whether the connection that this relay dialled is the one to keep. */
  readonly preferDialled: boolean;
  /** A message that cannot be written at all, which is a fault of this program. */
  readonly onFault: (error: unknown) => void;
}

export class RelayLink implements Link {
  readonly relay: RelayKey;
  readonly fingerprint: Uint8Array;
  readonly label: string;
  readonly meter: string;
  readonly legacy: boolean;
  readonly about: RelayDescription;
  readonly since: number;
  readonly lines: LineChoice<LinkLine>;
  /** Measured beside the link, where that cannot be done on it. */
  rttBeside: number | null = null;
  /** Nothing more is told of it. */
  gone = false;
  readonly #parts: RelayLinkParts;
  /** Kept when the connection changes, so that senders need no look at whether there is one. */
  #line: LinkLine;
  #rttMs: number | null = null;

  constructor(parts: RelayLinkParts, first: LinkLine) {
    this.#parts = parts;
    this.relay = parts.relay;
    this.fingerprint = Uint8Array.fromHex(parts.relay);
    this.label = parts.label;
    this.meter = parts.meter ?? parts.label;
    this.legacy = parts.legacy;
    this.about = describe(parts.ext);
    this.since = parts.since;
    this.lines = new LineChoice(parts.preferDialled, parts.legacy);
    this.#line = first;
    this.lines.add(first, first.dialled, first.spoken);
  }

  get dialled(): boolean {
    return this.#line.dialled;
  }

  get remoteAddress(): SocketAddress {
    const { ip, port } = this.#line.connection.remoteAddress;
    // The zone of a link-local address names an interface of this machine.
    return { ip: ip.split("%", 1)[0]!, port };
  }

  get rttMs(): number | null {
    return this.legacy ? this.rttBeside : this.#line.probes.rttMs ?? this.#rttMs;
  }

  get lossPct(): number | null {
    return this.legacy ? null : this.#line.probes.lossPct(this.#parts.now());
  }

  get stale(): boolean {
    return this.#line.queue.stale;
  }

  get maxDatagramSize(): number {
    return this.#line.connection.maxDatagramSize;
  }

  can(capability: Capability): boolean {
    return LINK_CAPABILITIES.includes(capability) && hasCapability(this.#parts.ext, capability);
  }

  send(message: KnownSignal, kind?: string): void {
    if (this.gone) return;
    try {
      this.#line.send(message, kind);
    } catch (error) {
      this.#parts.onFault(error);
    }
  }

  sendDatagram(bytes: Uint8Array): SendResult {
    return this.gone ? CLOSED : this.#line.connection.sendDatagram(bytes);
  }

  close(reason: string): void {
    for (const line of this.lines.lines()) line.close(reason);
  }

  /** After a change of its lines: whether it goes on over another connection than before. */
  follow({ active }: Change<LinkLine>): boolean {
    if (active === undefined || active === null) return false;
    this.#rttMs = this.#line.probes.rttMs ?? this.#rttMs;
    this.#line = active;
    return true;
  }
}
