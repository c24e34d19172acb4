/** Where else a client may go with the room it is in: relays that carry it and take clients now. */
import { MAX_RELAYS } from "../proto/signal/mod.ts";
import { parseSocketAddress } from "../proto/socket_address.ts";
import type { RelayEntry } from "../proto/relay_entry.ts";
import type { RelayKey } from "./link.ts";

/** What is asked of the mesh. */
export interface CarrierMesh {
  addressOf(relay: RelayKey): string | null;
  labelOf(relay: RelayKey): string;
  /** Whether it is reachable, neither draining nor full, and no original. */
  takesClients(relay: RelayKey): boolean;
}

/** Those of the relays given that can be used, in their order; each address once. */
export function carriersOf(relays: Iterable<RelayKey>, mesh: CarrierMesh): RelayEntry[] {
  const entries = new Map<string, RelayEntry>();
  for (const fingerprint of relays) {
    if (entries.size >= MAX_RELAYS) break;
    const text = mesh.takesClients(fingerprint) ? mesh.addressOf(fingerprint) : null;
    const address = text === null ? null : parseSocketAddress(text);
    if (text === null || address === null || !isUsable(address) || entries.has(text)) continue;
    entries.set(text, { name: mesh.labelOf(fingerprint), address, fingerprint });
  }
  return [...entries.values()];
}

/** Whether it names a machine. */
function isUsable({ ip, port }: RelayEntry["address"]): boolean {
  return port !== 0 && ip !== "0.0.0.0" && ip !== "::";
}
