/** Which relays are probed: those of the configuration and, if wanted, all of the mesh. */
import { parseSocketAddress } from "../../proto/socket_address.ts";
import { formatHostAddress, type HostAddress } from "../config/host_address.ts";
import type { DialledRelay, MeshRelayView } from "../ports/federation.ts";
import type { ProbeTarget } from "./probe_client.ts";

export interface ProbeTargetsInput {
  readonly probe_targets: readonly HostAddress[];
  readonly probe_mesh: boolean;
  readonly peers: readonly DialledRelay[];
  /** This relay first. */
  readonly mesh: () => readonly Pick<MeshRelayView, "relay" | "address">[];
}

/** Each relay once; a relay that the configuration or the mesh knows is held to its certificate. */
export function probeTargets(input: ProbeTargetsInput): ProbeTarget[] {
  const { probe_targets, probe_mesh, peers } = input;
  const known = new Map<string, ProbeTarget>();
  for (const { host, port, fingerprints } of peers) {
    known.set(formatHostAddress({ host, port }), { host, port, pins: fingerprints.map(bytesOf) });
  }
  const targets = new Map<string, ProbeTarget>();
  for (const target of probe_targets) {
    const name = formatHostAddress(target);
    targets.set(name, known.get(name) ?? target);
  }
  if (!probe_mesh) return [...targets.values()];
  for (const [name, peer] of known) targets.set(name, peer);
  const pinned = new Set(peers.flatMap(({ fingerprints }) => fingerprints));
  for (const { relay, address } of input.mesh().slice(1)) {
    const parsed = parseSocketAddress(address);
    if (parsed === null || pinned.has(relay)) continue;
    const { ip: host, port } = parsed;
    const name = formatHostAddress({ host, port });
    if (!targets.has(name)) targets.set(name, { host, port, pins: [bytesOf(relay)] });
  }
  return [...targets.values()];
}

function bytesOf(fingerprint: string): Uint8Array {
  return Uint8Array.fromHex(fingerprint);
}
