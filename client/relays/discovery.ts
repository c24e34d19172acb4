/** Finds relays in three tiers: a registry, those the user configured, and the built-in one when both have none. */
import { formatSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import { ClientError } from "../errors.ts";
import { visibleText } from "../visible_text.ts";
import { type KnownRelay, MAX_RELAYS, mergeRelays, type Source } from "./known_relay.ts";
import { knownFromRecord, type RegistryCopy, type RegistryReading } from "./registry_relays.ts";
import type { RelayWord } from "./relay_words.ts";

/** What became of one tier. */
export interface TierOutcome {
  readonly tier: "registry" | "configured" | "built-in";
  readonly state:
    | "ok"
    /** From an old copy. */
    | "stale"
    | "failed"
    /** Nobody asked for it, or nobody needs it. */
    | "unused";
  readonly relays: number;
  /** One sentence. */
  readonly text: string;
}

export interface Discovered {
  /** In order of discovery, each address once. */
  readonly relays: readonly KnownRelay[];
  readonly tiers: readonly TierOutcome[];
}

export interface RegistryTier {
  readonly url: string;
  /** Rejects with `ClientError`, at the latest after so long. */
  read(withinMs: number): Promise<RegistryReading>;
  /** What was kept of an earlier answer. */
  copy(): RegistryCopy | null;
  keep(copy: RegistryCopy): void;
}

export interface DiscoveryOptions {
  readonly clock: Clock;
  /** Null when nobody named one. */
  readonly registry: RegistryTier | null;
  readonly configured: readonly RelayWord[];
  readonly builtIn: RelayWord;
  /** All addresses of a host, the best first. Rejects with `ClientError`. */
  readonly resolve: (where: string) => Promise<readonly SocketAddress[]>;
  /** Somebody waits for a relay: a registry that is slow is not waited for where there is something else. */
  readonly hasty: boolean;
}

const HASTY_MS = 1_200;
const PATIENT_MS = 4_000;

/** An older copy says little of where relays are now. */
const MAX_COPY_AGE_MS = 30 * 86_400_000;

/** Never rejects for what a registry or a resolver does: that is told in `tiers`. */
export async function discover(options: DiscoveryOptions): Promise<Discovered> {
  const [registry, configured] = await Promise.all([
    registryTier(options),
    wordsTier("configured", options.configured, options),
  ]);
  // However many a registry lists, those that somebody chose have their places.
  const places = Math.max(0, MAX_RELAYS - configured.relays.length);
  const found = [...registry.relays.slice(0, places), ...configured.relays];
  const builtIn = found.length > 0
    ? unused("built-in", "The built-in relay is not needed.")
    : await wordsTier("built-in", [options.builtIn], options);
  return {
    relays: mergeRelays([...found, ...builtIn.relays]).slice(0, MAX_RELAYS),
    tiers: [registry.outcome, configured.outcome, builtIn.outcome],
  };
}

interface Tier {
  readonly relays: readonly KnownRelay[];
  readonly outcome: TierOutcome;
}

async function registryTier(options: DiscoveryOptions): Promise<Tier> {
  const { registry, clock, configured, hasty } = options;
  if (registry === null) return unused("registry", "No registry is configured.");
  const hasOthers = configured.length > 0 || registry.copy() !== null;
  try {
    const { relays, refused, listed } = await registry.read(
      hasty && hasOthers ? HASTY_MS : PATIENT_MS,
    );
    if (relays.length > 0) registry.keep({ fetched_at: clock.wall(), relays });
    const bad = refused === 0 ? "" : `, ${refused} of them with a wrong signature or form`;
    const some = listed - refused > relays.length
      ? `; ${relays.length} ${relays.length === 1 ? "is" : "are"} looked at`
      : "";
    return tier(
      "registry",
      "ok",
      relays.map(knownFromRecord),
      `The registry ${registry.url} lists ${count(listed)}${bad}${some}.`,
    );
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    const copy = registry.copy();
    const age = copy === null ? Infinity : Math.max(0, clock.wall() - copy.fetched_at);
    if (copy === null || age > MAX_COPY_AGE_MS) {
      return tier("registry", "failed", [], `${error.message.slice(0, -1)}, and there is no copy.`);
    }
    // How full they were then says nothing; who drained then may be back.
    const relays = copy.relays.map((record) => {
      return { ...knownFromRecord(record), takesClients: true, draining: false };
    });
    const stale = `${error.message.slice(0, -1)}; a copy from ${ageText(age)} ago has ${
      count(relays.length)
    }.`;
    return tier("registry", "stale", relays, stale);
  }
}

async function wordsTier(
  source: "configured" | "built-in",
  words: readonly RelayWord[],
  { resolve, clock, hasty }: DiscoveryOptions,
): Promise<Tier> {
  if (words.length === 0) return unused(source, "No relays are configured.");
  const problems: string[] = [];
  const found = await Promise.all(words.map(async ({ name, where, pin }): Promise<KnownRelay[]> => {
    try {
      const addresses = await inTime(clock, hasty ? HASTY_MS : PATIENT_MS, resolve(where), where);
      return onePerFamily(addresses).map((address) => relayAt(address, name, pin, source));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      problems.push(visibleText(error.message, 200));
      return [];
    }
  }));
  const relays = found.flat();
  const what = source === "configured"
    ? `The configuration names ${count(words.length)}.`
    : `The built-in relay is ${words.map(({ where }) => where).join(", ")}.`;
  const text = [what, ...problems].join(" ");
  return tier(source, relays.length === 0 ? "failed" : "ok", relays, text);
}

/** A name server that does not answer keeps its caller waiting for longer than anybody wants. */
async function inTime<T>(clock: Clock, ms: number, work: Promise<T>, where: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = clock.after(
    ms,
    () => late.reject(new ClientError("unresolved", `"${where}" was not resolved in ${ms} ms.`)),
  );
  work.catch(() => {});
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    timer.cancel();
  }
}

function relayAt(
  address: SocketAddress,
  name: string,
  pin: Uint8Array | null,
  source: Source,
): KnownRelay {
  const addr = formatSocketAddress(address);
  const unknown = { region: null, udpPort: null, takesClients: true, draining: false };
  return { addr, name, pin, source, ...unknown };
}

/** A name may stand for many addresses; the first IPv4 and the first IPv6 one are tried. */
function onePerFamily(addresses: readonly SocketAddress[]): SocketAddress[] {
  const isV6 = ({ ip }: SocketAddress) => ip.includes(":");
  const [first] = addresses;
  const other = addresses.find((address) => first !== undefined && isV6(address) !== isV6(first));
  return [...first ? [first] : [], ...other ? [other] : []];
}

function tier(
  name: TierOutcome["tier"],
  state: TierOutcome["state"],
  relays: readonly KnownRelay[],
  text: string,
): Tier {
  return { relays, outcome: { tier: name, state, relays: relays.length, text } };
}

function unused(name: TierOutcome["tier"], text: string): Tier {
  return tier(name, "unused", [], text);
}

function count(relays: number): string {
  return relays === 1 ? "1 relay" : `${relays} relays`;
}

function ageText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 2) return `${Math.round(ms / 1_000)} s`;
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
