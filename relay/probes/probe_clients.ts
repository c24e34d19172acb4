/** The probes of all configured relays: follows the configuration and shares sockets among them. */
import { lookup } from "node:dns/promises";
import type { Endpoint, Transport } from "../../quic/port.ts";
import { formatHostAddress } from "../config/host_address.ts";
import type { MeshRow } from "./mesh_row.ts";
import { ProbeClient, type ProbeClientParts, type ProbeTarget } from "./probe_client.ts";

export interface ProbeClientsOptions extends Omit<ProbeClientParts, "resolve" | "endpointFor"> {
  readonly transport: Transport;
  /** Default: the system's. */
  readonly resolve?: (host: string) => Promise<string>;
}

type Wildcard = "0.0.0.0" | "::";

export class ProbeClients {
  readonly #options: ProbeClientsOptions;
  readonly #parts: ProbeClientParts;
  readonly #clients = new Map<string, { readonly probe: ProbeClient; readonly pins: string }>();
  /** One socket of each address family, opened when first needed. */
  readonly #endpoints = new Map<Wildcard, Promise<Endpoint>>();
  /** Probes that were asked to stop and may not be done. */
  readonly #leaving = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: ProbeClientsOptions) {
    this.#options = options;
    this.#parts = {
      ...options,
      resolve: options.resolve ?? (async (host) => (await lookup(host)).address),
      endpointFor: (ip) => this.#endpointFor(ip.includes(":") ? "::" : "0.0.0.0"),
    };
  }

  /** Probes these relays from now on and no others; those that stay go on undisturbed. */
  update(targets: readonly ProbeTarget[]): void {
    if (this.#stopped) return;
    const wanted = new Map(targets.map((target) => [formatHostAddress(target), target]));
    for (const [name, { probe, pins }] of this.#clients) {
      const target = wanted.get(name);
      if (target === undefined || pinsText(target) !== pins) this.#dismiss(name, probe);
    }
    for (const [name, target] of wanted) {
      if (this.#clients.has(name)) continue;
      const probe = new ProbeClient(target, this.#parts);
      this.#clients.set(name, { probe, pins: pinsText(target) });
    }
  }

  /** One row per target, for `meshTable`. */
  rows(): MeshRow[] {
    return [...this.#clients.values()].map(({ probe }) => probe.row);
  }

  /** Stops all probes and closes the sockets. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { probe } of this.#clients.values()) this.#leave(probe);
    await Promise.all(this.#leaving);
    for (const endpoint of this.#endpoints.values()) {
      await endpoint.then((open) => open.close(0, "shutdown"), () => {});
    }
  }

  #dismiss(name: string, client: ProbeClient): void {
    const { probeUp, probeRtt, probeLoss, probeJitter } = this.#options.counters;
    this.#clients.delete(name);
    this.#leave(client);
    for (const family of [probeUp, probeRtt, probeLoss, probeJitter]) family.remove(name);
  }

  #leave(client: ProbeClient): void {
    const left = client.stop().finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }

  #endpointFor(ip: Wildcard): Promise<Endpoint> {
    const open = this.#endpoints.get(ip);
    if (open !== undefined) return open;
    const opening = this.#options.transport.open({ ip, port: 0 });
    this.#endpoints.set(ip, opening);
    // A machine may get its addresses later: the next attempt tries again.
    opening.catch(() => this.#endpoints.delete(ip));
    return opening;
  }
}

function pinsText({ pins = [] }: ProbeTarget): string {
  return pins.map((pin) => pin.toHex()).join(" ");
}
