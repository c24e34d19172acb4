/** All links of this relay, one for each other relay, however their connections came about. */
import { formatTlsFingerprint } from "../../proto/certificate.ts";
import type { KnownSignal } from "../../proto/signal/mod.ts";
import { Pace } from "../../quic/pace.ts";
import type { CloseInfo } from "../../quic/port.ts";
import type { DialledRelay, FederationHost } from "../../relay/ports/federation.ts";
import type { Log } from "../../relay/ports/log.ts";
import type { Service } from "../../relay/ports/service.ts";
import type { Link, LinkHandler, RelayKey } from "../link.ts";
import type { DialRelayParts } from "../trust/dial_relay.ts";
import { endpointFor } from "../trust/endpoint_for.ts";
import type { OwnRelay } from "../trust/own_relay.ts";
import { describe } from "../trust/proven_relay.ts";
import type { Refusal } from "../trust/refusal.ts";
import { TrustedRelays } from "../trust/trusted_relays.ts";
import { Dialler } from "./dialler.ts";
import { Greeter, type PendingLimits } from "./greeter.ts";
import { Hints } from "./hints.ts";
import { LegacyProbe } from "./legacy_probe.ts";
import type { Change } from "./line_choice.ts";
import { LinkLine } from "./link_line.ts";
import { LinkMetrics } from "./link_metrics.ts";
import type { Newcomer } from "./newcomer.ts";
import { RelayLink } from "./relay_link.ts";

/** What is on its way over a connection that is not needed any more may still come. */
const GRACE_MS = 1_000;
/** New links with one relay: each is told everything. Restarts are seldomer, two relays with one identity are not. */
const LINKS_AGAIN = { perSecond: 0.5, burst: 20 };

export interface LinkTableOptions extends
  Pick<
    FederationHost,
    "clock" | "log" | "counters" | "settings" | "endpoints" | "resolve" | "random"
  > {
  readonly own: OwnRelay;
  readonly handlers: readonly LinkHandler[];
  /** Everything that comes over a link but what links are made with. Must not throw. */
  readonly onSignal: (link: Link, message: KnownSignal) => void;
  /** Everything but probes. Must not throw. On the media path. */
  readonly onDatagram: (link: Link, bytes: Uint8Array) => void;
  /** Default: `peekCertificate`. */
  readonly peek?: NonNullable<DialRelayParts["peek"]>;
  readonly pending?: PendingLimits;
}

export class LinkTable {
  /** Answers `_federation`. */
  readonly service: Service;
  readonly #options: LinkTableOptions;
  readonly #log: Log;
  readonly #hints: Hints;
  readonly #greeter: Greeter;
  readonly #metrics: LinkMetrics;
  readonly #links = new Map<RelayKey, RelayLink>();
  readonly #probes = new Map<RelayLink, LegacyProbe>();
  /** By everything that matters of their entry. */
  readonly #diallers = new Map<string, Dialler>();
  /** By label, since an original may claim another fingerprint each time. */
  readonly #paces = new Map<string, Pace>();
  /** Diallers that were asked to stop and may not be done. */
  readonly #leaving = new Set<Promise<void>>();
  #trusted: TrustedRelays;
  #list: readonly RelayLink[] = [];
  #draining = false;
  #closed = false;

  /** Accepts links at once and dials from the first `apply` on. */
  constructor(options: LinkTableOptions) {
    const { clock, log, counters, own } = options;
    this.#options = options;
    this.#log = log.area("federation");
    this.#hints = new Hints(clock, this.#log);
    this.#metrics = new LinkMetrics(counters);
    this.#trusted = this.#readTrusted();
    this.#greeter = new Greeter({
      clock,
      counters,
      own,
      hints: this.#hints,
      trusted: () => this.#trusted,
      judge: (relay) => this.#judge(relay),
      addressesOf: (host) => this.#addressesOf(host),
      take: (newcomer) => this.#take(newcomer),
      ...(options.pending !== undefined && { limits: options.pending }),
    });
    this.service = this.#greeter;
  }

  /** Those that are up, in the order they came. The same array until one comes or goes. */
  links(): readonly Link[] {
    return this.#list;
  }

  find(relay: RelayKey): Link | null {
    return this.#links.get(relay) ?? null;
  }

  /** Begins to dial, and after a reload opens and closes just the links concerned. */
  apply(): void {
    if (this.#closed) return;
    this.#trusted = this.#readTrusted();
    for (const link of this.#list) {
      const objection = this.#objection(link);
      if (objection !== null) this.#drop(link, objection);
    }
    for (const label of this.#paces.keys()) {
      if (this.#trusted.named(label) === null) this.#paces.delete(label);
    }
    this.#metrics.keep(this.#trusted.labels());
    if (!this.#draining) this.#followPeers();
  }

  /** Dials nobody any more; the links that are up stay. */
  drain(): void {
    this.#draining = true;
    for (const name of this.#diallers.keys()) this.#dismiss(name);
  }

  /** Closes all links; resolves when nothing runs any more. */
  async close(reason: string): Promise<void> {
    this.#closed = true;
    this.drain();
    this.#greeter.close();
    for (const link of this.#list) this.#drop(link, reason);
    await Promise.all(this.#leaving);
  }

  #readTrusted(): TrustedRelays {
    const { settings, own } = this.#options;
    return new TrustedRelays(settings(), own.key, own.crypto);
  }

  #followPeers(): void {
    const { peers } = this.#options.settings();
    const wanted = new Map(peers.map((peer) => [JSON.stringify(peer), peer]));
    for (const [name, { entry }] of this.#diallers) {
      if (wanted.has(name)) continue;
      this.#dismiss(name);
      const link = this.#linkOf(entry);
      const moved = peers.some(({ label, host, port }) =>
        label === entry.label && (host !== entry.host || port !== entry.port)
      );
      if (link?.dialled && moved) this.#drop(link, "its address was changed");
    }
    for (const [name, peer] of wanted) {
      if (!this.#diallers.has(name)) this.#diallers.set(name, this.#newDialler(peer));
    }
  }

  #newDialler(peer: DialledRelay): Dialler {
    return new Dialler(peer, {
      ...this.#options,
      log: this.#log,
      hints: this.#hints,
      link: () => this.#linkOf(peer),
      label: () => peer.label,
      mayBeOriginal: () => this.#trusted.named(peer.label)?.allowLegacy ?? false,
      take: (newcomer) => this.#take(newcomer),
    });
  }

  #dismiss(name: string): void {
    const dialler = this.#diallers.get(name)!;
    this.#diallers.delete(name);
    const left = dialler.stop().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #linkOf({ fingerprints, label }: DialledRelay): RelayLink | null {
    for (const key of fingerprints) {
      const link = this.#links.get(key);
      if (link !== undefined) return link;
    }
    // An original that was let in by its address may name another fingerprint.
    return this.#list.find((link) => link.legacy && link.label === label) ?? null;
  }

  #addressesOf(host: string): readonly string[] {
    for (const { entry, addresses } of this.#diallers.values()) {
      if (entry.host === host) return addresses;
    }
    return [];
  }

  #judge(relay: RelayKey): Refusal | null {
    const known = this.#trusted.find(relay);
    if (known === null) return "unknown_relay";
    const namesake = this.#list.some((link) => link.label === known.label && link.relay !== relay);
    return namesake ? "label_in_use" : null;
  }

  /** Why a link may not go on, after a change of the configuration. */
  #objection({ relay, label, legacy }: RelayLink): string | null {
    const known = this.#trusted.find(relay) ?? (legacy ? this.#trusted.named(label) : null);
    if (known === null) return "taken out of the configuration";
    if (known.label !== label) return "its label was changed";
    return legacy && !known.allowLegacy ? "legacy_not_allowed" : null;
  }

  /** What stands against a newcomer, which is closed then; else it is the link, or one more connection of it. */
  #take(newcomer: Newcomer): Refusal | null {
    const { clock } = this.#options;
    const { relay, label, legacy, channel, dialled } = newcomer;
    const { connection } = channel;
    const refusal = this.#refusalOf(newcomer);
    if (refusal !== null) {
      this.#options.counters.federationRefusals.add(refusal);
      connection.close(0, refusal);
      return refusal;
    }
    let link = this.#links.get(relay) ?? null;
    if (link !== null && isAnother(link, newcomer)) {
      this.#drop(link, "it has begun anew");
      link = null;
    }
    const line = new LinkLine({ ...newcomer, clock });
    if (link === null) {
      link = this.#newLink(newcomer, line);
      this.#up(link, newcomer);
      this.#begin(link, line);
    } else {
      this.#log.debug("one more connection of a link", { peer: label, dialled, legacy });
      const change = link.lines.add(line, dialled, line.spoken);
      this.#begin(link, line);
      this.#follow(link, change);
    }
    return null;
  }

  #refusalOf(newcomer: Newcomer): Refusal | null {
    const { relay, label, legacy, channel } = newcomer;
    if (this.#closed) return "gone";
    if (this.#list.some((link) => link.label === label && link.relay !== relay)) {
      return "label_in_use";
    }
    const there = this.#links.get(relay);
    // Nobody takes the place of a relay that has proven itself by claiming to be it.
    if (legacy && there !== undefined && !there.legacy) return "legacy_not_allowed";
    if (channel.connection.closeInfo !== null) return "gone";
    const isNew = there === undefined || isAnother(there, newcomer);
    return isNew && !this.#mayBegin(label) ? "over_limit" : null;
  }

  #mayBegin(label: string): boolean {
    const pace = this.#paces.get(label) ?? new Pace(LINKS_AGAIN.perSecond, LINKS_AGAIN.burst);
    this.#paces.set(label, pace);
    return pace.take(this.#options.clock.now());
  }

  #newLink({ relay, label, legacy, ext }: Newcomer, line: LinkLine): RelayLink {
    const { clock, counters, own } = this.#options;
    return new RelayLink({
      relay,
      label,
      legacy,
      ext,
      since: clock.now(),
      now: () => clock.now(),
      preferDialled: own.key < relay,
      onFault: (error) => {
        counters.internalErrors += 1;
        this.#log.error("a message could not be written, please report it", {
          peer: label,
          error: error instanceof Error ? error : String(error),
        });
      },
    }, line);
  }

  #begin(link: RelayLink, line: LinkLine): void {
    const { onSignal, onDatagram } = this.#options;
    line.begin({
      spoke: () => this.#follow(link, link.lines.spoke(line)),
      signal: (message) => {
        if (!link.gone) onSignal(link, message);
      },
      datagram: (bytes) => {
        if (!link.gone) onDatagram(link, bytes);
      },
      measured: () => {
        if (!link.gone && link.lines.active === line) this.#metrics.rtt(link.label, link.rttMs);
      },
      ended: (info) => this.#onEnded(link, line, info),
    });
  }

  #up(link: RelayLink, { pinned }: Newcomer): void {
    const { label, dialled, legacy, relay, about, remoteAddress } = link;
    this.#links.set(relay, link);
    this.#list = [...this.#links.values()];
    this.#metrics.up(label);
    this.#log.info("link up", {
      peer: label,
      addr: remoteAddress,
      dialled,
      legacy,
      tls_fingerprint: formatTlsFingerprint(link.fingerprint),
      name: about.name ?? undefined,
      build: about.build ?? undefined,
    });
    if (legacy) this.#measureBeside(link, pinned);
    for (const handler of this.#options.handlers) handler.up?.(link);
    for (const dialler of this.#diallers.values()) dialler.linksChanged();
  }

  #follow(link: RelayLink, change: Change<LinkLine>): void {
    if (link.gone) return;
    if (link.follow(change)) {
      this.#log.debug("link goes on over another connection", {
        peer: link.label,
        dialled: link.dialled,
      });
      for (const handler of this.#options.handlers) handler.renewed?.(link);
    }
    change.replaced?.close("replaced");
    for (const line of change.retired) line.closeAfter(GRACE_MS, "duplicate link");
  }

  #onEnded(link: RelayLink, line: LinkLine, info: CloseInfo): void {
    const before = link.lines.find(line.dialled) === line;
    const change = link.lines.ended(line);
    if (link.gone || !before) return;
    const { kind, reason } = info;
    // An original forgets its link when either connection ends, unless it is not there any more to do so.
    const forgotten = link.legacy && (kind === "peer" || kind === "local");
    if (link.lines.active === null || forgotten) this.#drop(link, reason, kind);
    else this.#follow(link, change);
  }

  #drop(link: RelayLink, reason: string, by = "local"): void {
    link.gone = true;
    this.#links.delete(link.relay);
    this.#list = [...this.#links.values()];
    this.#probes.get(link)?.stop();
    this.#probes.delete(link);
    this.#metrics.down(link.label);
    this.#log.info("link down", { peer: link.label, by, reason });
    link.close(reason);
    for (const handler of this.#options.handlers) handler.down?.(link);
    for (const dialler of this.#diallers.values()) dialler.linksChanged();
  }

  #measureBeside(link: RelayLink, pinned: boolean): void {
    const { endpoints } = this.#options;
    const endpoint = endpointFor(endpoints, link.remoteAddress.ip);
    if (endpoint === null) return;
    const onRtt = (rttMs: number | null) => {
      if (link.gone) return;
      link.rttBeside = rttMs;
      this.#metrics.rtt(link.label, rttMs);
    };
    const address = link.remoteAddress;
    const pin = pinned || this.#trusted.find(link.relay) !== null ? link.fingerprint : null;
    this.#probes.set(link, new LegacyProbe({ ...this.#options, endpoint, address, pin, onRtt }));
  }
}

/** Whether a newcomer is not the relay's other connection but its next life, or of another kind than before. */
function isAnother(link: RelayLink, { legacy, dialled, ext }: Newcomer): boolean {
  if (link.legacy !== legacy) return true;
  if (legacy) return link.lines.find(dialled) !== null;
  return link.about.instance !== describe(ext).instance;
}
