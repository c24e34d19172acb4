/** Relays from a registry: asked for with retries, checked, and taken from a copy on disk when it is down. */
import type { Crypto } from "../../proto/crypto_port.ts";
import {
  parseRelayRecord,
  type RelayRecord,
  verifyRelayRecord,
} from "../../proto/registry_record.ts";
import { Backoff } from "../../quic/backoff.ts";
import { ClientError } from "../errors.ts";
import type { KnownRelay } from "./known_relay.ts";
import { MAX_RELAYS } from "./known_relay.ts";
import { askRegistry, type RegistryAccess, RegistryRefusal } from "./registry_http.ts";
import { selectRelays, takesClients } from "./relay_selection.ts";

/** What a registry said, as it is kept for the day on which it is down. */
export interface RegistryCopy {
  /** Unix milliseconds. */
  readonly fetched_at: number;
  readonly relays: readonly RelayRecord[];
}

export interface RegistryReading {
  readonly relays: readonly RelayRecord[];
  /** Entries that are no records, or not signed by the key in them. */
  readonly refused: number;
  /** All that the registry has. */
  readonly listed: number;
}

export interface ReadOptions extends RegistryAccess {
  readonly crypto: Pick<Crypto, "ed25519Verify">;
  readonly random: () => number;
  readonly region: string | null;
  readonly remembered: ReadonlyMap<string, number>;
  /** Only relays that pass on WireGuard packets. */
  readonly onlyUdp?: boolean;
}

const TRIES = 3;
const FIRST_WAIT_MS = 200;
/** 20,000 records. */
const MAX_ANSWER_BYTES = 16 << 20;
const MAX_RECORDS = 20_000;

/** Rejects with `ClientError`, whose message says what the last try met, soon after the time is over. */
export async function readRegistry(
  options: ReadOptions,
  withinMs: number,
): Promise<RegistryReading> {
  const { region, clock, random } = options;
  const end = clock.now() + withinMs;
  const path = region === null ? "/relays" : `/relays/${encodeURIComponent(region)}`;
  const backoff = new Backoff({ baseMs: FIRST_WAIT_MS, maxMs: 2 * FIRST_WAIT_MS, random });
  for (let left = TRIES;; left--) {
    const wait = backoff.next();
    try {
      const timeoutMs = Math.max(1, end - clock.now());
      const question = { path, timeoutMs, maxBytes: MAX_ANSWER_BYTES };
      return pick(await askRegistry(options, question), options);
    } catch (error) {
      const again = left > 1 && clock.now() + wait < end;
      if (!(error instanceof ClientError) || error instanceof RegistryRefusal || !again) {
        throw error;
      }
    }
    await new Promise<void>((resolve) => void clock.after(wait, resolve));
  }
}

/** Checks signatures of no more than are taken: ten thousand would hold up the start. */
function pick(answer: unknown, options: ReadOptions): RegistryReading {
  const { url, crypto, random, remembered, onlyUdp = false } = options;
  const list = (answer as { relays?: unknown } | null)?.relays;
  if (!Array.isArray(list)) {
    throw new RegistryRefusal(200, `The registry ${url} answers with something else than relays.`);
  }
  let refused = 0;
  const records: RelayRecord[] = [];
  for (const item of list.slice(0, MAX_RECORDS)) {
    const record = parseRelayRecord(item);
    if (typeof record === "string") refused += 1;
    else if (!onlyUdp || record.udp_port !== null) records.push(record);
  }
  const relays = selectRelays(records, { limit: MAX_RELAYS, remembered, random }, (record) => {
    const good = verifyRelayRecord(crypto, record);
    if (!good) refused += 1;
    return good;
  });
  return { relays, refused, listed: list.length };
}

/** The relays of a copy, checked like those of a registry: the file may be anybody's. */
export function readCopy(
  value: unknown,
  crypto: Pick<Crypto, "ed25519Verify">,
): RegistryCopy | null {
  const { fetched_at, relays } = (value ?? {}) as Record<string, unknown>;
  if (typeof fetched_at !== "number" || !Array.isArray(relays)) return null;
  const good = relays.slice(0, MAX_RELAYS).map(parseRelayRecord)
    .filter((record) => typeof record !== "string")
    .filter((record) => verifyRelayRecord(crypto, record));
  return good.length === 0 ? null : { fetched_at, relays: good };
}

export function knownFromRecord(record: RelayRecord): KnownRelay {
  return {
    addr: record.addr,
    name: record.name,
    region: record.region === "" ? null : record.region,
    pin: Uint8Array.fromHex(record.tls_fingerprint),
    takesClients: takesClients(record),
    draining: record.draining,
    udpPort: record.udp_port,
    source: "registry",
  };
}
