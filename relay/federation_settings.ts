/** The configuration as the federation uses it. */
import type { Config } from "./config/mod.ts";
import { relayLabels } from "./config/relay_entries.ts";
import type { FederationSettings } from "./ports/federation.ts";

export function federationSettings(config: Config): FederationSettings {
  const { peers, trusted, global_rooms, relay_name, region, max_directory_entries } = config;
  const labels = relayLabels(peers, trusted);
  return {
    peers: peers.map(({ url, fingerprint, allow_legacy }, index) => ({
      host: url.host,
      port: url.port,
      fingerprints: fingerprint,
      label: labels.peers[index]!,
      allowLegacy: allow_legacy ?? false,
    })),
    trusted: trusted.map(({ fingerprint, allow_legacy }, index) => ({
      fingerprints: fingerprint,
      label: labels.trusted[index]!,
      allowLegacy: allow_legacy ?? false,
    })),
    globalRooms: global_rooms.map(({ name }) => name),
    name: relay_name,
    region,
    maxDirectoryEntries: max_directory_entries,
  };
}
