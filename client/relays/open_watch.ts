/** Puts together what chooses relays for one run of the tool: file, registry, resolver, sockets. */
import { lookup } from "node:dns/promises";
import type { Crypto } from "../../proto/crypto_port.ts";
import type { SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { Transport } from "../../quic/port.ts";
import { ClientError } from "../errors.ts";
import type { Settings } from "../flag.ts";
import { parseRelayAddress } from "../relay_address.ts";
import { builtInRelay } from "./built_in.ts";
import { discover, type RegistryTier } from "./discovery.ts";
import { Handshakes } from "./handshakes.ts";
import { Prober } from "./prober.ts";
import { defaultMapPath, type LoadedMemory, loadMemory, saveMemory } from "./relay_map_file.ts";
import { RelayMap } from "./relay_map.ts";
import { parseRelayWord } from "./relay_words.ts";
import { RelayWatch } from "./relay_watch.ts";
import { readCopy, readRegistry } from "./registry_relays.ts";

export interface OpenWatchOptions {
  readonly settings: Pick<
    Settings,
    "choices" | "registry" | "registryToken" | "region" | "prefer" | "relayMap"
  >;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly crypto: Crypto;
  /** One sentence on what could not be read or written. */
  readonly log: (text: string) => void;
  /** The registry's relays that count. Default: all, of the region. */
  readonly onlyUdp?: boolean;
  /** Addresses that are taken from a long list before others. */
  readonly wanted?: () => Iterable<string>;
}

export interface OpenedWatch {
  readonly watch: RelayWatch;
  /** Ends the background work and remembers what was learned. */
  close(): Promise<void>;
}

export function openWatch(options: OpenWatchOptions): OpenedWatch {
  const { settings, transport, clock, crypto, log } = options;
  const path = settings.relayMap ?? defaultMapPath(Deno.env.get("HOME"));
  const memory: LoadedMemory = path === null
    ? { map: new RelayMap(clock), registries: new Map(), problem: null, writable: false }
    : loadMemory(path, clock);
  if (memory.problem !== null) log(memory.problem);

  const handshakes = new Handshakes(transport, clock, crypto);
  const registry = registryTier(options, memory);
  const watch = new RelayWatch({
    clock,
    random: Math.random,
    map: memory.map,
    choice: { preferred: settings.prefer ?? null, region: settings.region ?? null },
    prober: new Prober({
      handshake: (target, ms) => handshakes.measure(target, ms),
      pongs: (target, options) => handshakes.pongs(target, options),
      clock,
    }),
    discover: (hasty) =>
      discover({
        clock,
        registry,
        configured: settings.choices ?? [],
        builtIn: parseRelayWord(builtInRelay()),
        resolve: resolveAll,
        hasty,
      }),
  });
  return {
    watch,
    async close() {
      watch.stop();
      if (path !== null && memory.writable) {
        const problem = saveMemory(path, memory.map, memory.registries);
        if (problem !== null) log(problem);
      }
      await handshakes.close();
    },
  };
}

function registryTier(
  { settings, clock, crypto, onlyUdp = false, wanted }: OpenWatchOptions,
  { map, registries }: LoadedMemory,
): RegistryTier | null {
  const { registry: url, registryToken: token, region = null } = settings;
  if (url === undefined) return null;
  const key = region === null ? url : `${url} ${region}`;
  return {
    url,
    read: (withinMs) =>
      readRegistry({
        url,
        ...(token !== undefined && { token }),
        clock,
        crypto,
        random: Math.random,
        region,
        onlyUdp,
        remembered: new Map([
          ...map.entries.filter(({ reachable }) => reachable)
            .map(({ addr, rtt_ms }): [string, number] => [addr, rtt_ms ?? Infinity]),
          ...[...wanted?.() ?? []].map((addr): [string, number] => [addr, -1]),
        ]),
      }, withinMs),
    copy: () => readCopy(registries.get(key), crypto),
    keep(copy) {
      // Last in order, so that it is the last one to be forgotten.
      registries.delete(key);
      registries.set(key, copy);
    },
  };
}

async function resolveAll(where: string): Promise<SocketAddress[]> {
  const { host, port } = parseRelayAddress(where);
  try {
    const all = await lookup(host, { all: true });
    return all.map(({ address }) => ({ ip: address, port }));
  } catch {
    throw new ClientError("unresolved", `The name "${host}" cannot be resolved.`);
  }
}
