/** Other relays a client may use, as it is told when it registers: those that can be reached now, the configured first. */
import { formatRelayEntry } from "../proto/relay_entry.ts";
import type { RelayRecord } from "../proto/registry_record.ts";
import { MAX_RELAYS } from "../proto/signal/mod.ts";
import { formatSocketAddress, parseSocketAddress } from "../proto/socket_address.ts";
import { isUnspecified } from "./outbound_address.ts";
import type { DialledRelay, LinkView, MeshRelayView } from "./ports/federation.ts";

export interface RelayListParts {
  /** In the order of the configuration. */
  readonly peers: readonly Pick<DialledRelay, "label" | "fingerprints">[];
  readonly links: readonly Pick<LinkView, "relay" | "label" | "address">[];
  /** Relays of the mesh that can be reached; this one may be among them. */
  readonly mesh: readonly Pick<
    MeshRelayView,
    "relay" | "label" | "address" | "draining" | "load"
  >[];
  /** Verified, and without those that take nobody. */
  readonly registry: Iterable<Pick<RelayRecord, "name" | "addr" | "tls_fingerprint">>;
  readonly own: { readonly fingerprint: string; readonly addresses: readonly string[] };
}

/** `name|addr` each, at most `MAX_RELAYS`; never a host name, never a relay twice, never this one. */
export function relayList({ peers, links, mesh, registry, own }: RelayListParts): string[] {
  const list = new RelayList(own.fingerprint, own.addresses);
  const told = new Map(mesh.map((facts) => [facts.relay, facts]));
  for (const { relay, draining, load } of mesh) if (draining || load >= 1) list.leaveOut(relay);
  for (const { label, fingerprints } of peers) {
    const link = links.find(({ relay }) => fingerprints.includes(relay));
    // Where it says clients reach it; originals say nothing, and are where they were dialled.
    if (link !== undefined) {
      list.add(link.relay, label, told.get(link.relay)?.address, link.address);
    }
  }
  for (const { name, addr, tls_fingerprint } of registry) {
    if (list.full) break;
    list.add(tls_fingerprint, name, addr);
  }
  for (const { relay, label, address } of mesh) list.add(relay, label, address);
  return list.entries;
}

class RelayList {
  readonly entries: string[] = [];
  readonly #relays: Set<string>;
  readonly #addresses: Set<string>;

  constructor(own: string, addresses: readonly string[]) {
    this.#relays = new Set([own]);
    this.#addresses = new Set(addresses);
  }

  get full(): boolean {
    return this.entries.length >= MAX_RELAYS;
  }

  leaveOut(relay: string): void {
    this.#relays.add(relay);
  }

  /** Under the first of these addresses that can be dialled. */
  add(relay: string, name: string, ...addresses: readonly (string | undefined)[]): void {
    if (this.full || this.#relays.has(relay)) return;
    const address = addresses.map((text) => text === undefined ? null : parseSocketAddress(text))
      .find((parsed) => parsed !== null && parsed.port !== 0 && !isUnspecified(parsed.ip));
    if (address === undefined || address === null) return;
    const text = formatSocketAddress(address);
    if (this.#addresses.has(text)) return;
    this.#relays.add(relay);
    this.#addresses.add(text);
    this.entries.push(formatRelayEntry({ name, address, fingerprint: null }));
  }
}
