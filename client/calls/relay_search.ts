/** Looks for a relay that takes us, again and again until there is one, it is too late, or it is not needed. */
import { parseSocketAddress } from "../../proto/socket_address.ts";
import type { Clock } from "../../quic/clock.ts";
import type { CloseInfo } from "../../quic/port.ts";
import type { RelayAdvisor } from "../failover/relay_advisor.ts";
import type { Target } from "../failover/way_out.ts";
import { type ClientSocket, reaches } from "../socket.ts";
import { firstOf } from "./first_of.ts";

/** Between the first tries at several relays, and until all are tried again. */
const STAGGER_MS = 150;
const PAUSE_MS = 500;
/** A registry may name hundreds; those behind the best ones get their turn when the best ones have failed. */
const MAX_AT_ONCE = 8;
/** Relays say so when they stop; other words of a relay that closes are meant for us. */
const STOPS: readonly string[] = ["shutdown", "draining", "internal error"];

/** Relays by address, best first. */
export type Ways = ReadonlyMap<string, Target>;

export interface SearchOptions<V> {
  readonly clock: Clock;
  readonly giveUpMs: number;
  readonly ways: () => Ways;
  readonly needed: () => boolean;
  readonly attempt: (addr: string, target: Target) => Promise<V>;
  /** Takes what came true too late. */
  readonly drop: (addr: string, value: V) => void;
  readonly failed?: (addr: string) => void;
}

export interface Found<V> {
  readonly addr: string;
  readonly target: Target;
  readonly value: V;
}

export async function searchRelay<V>(options: SearchOptions<V>): Promise<Found<V> | null> {
  const { clock, giveUpMs, needed, attempt, drop, failed } = options;
  const began = clock.now();
  while (needed() && clock.now() - began < giveUpMs) {
    const ways = options.ways();
    if (ways.size === 0) return null;
    const addrs = [...ways.keys()].slice(0, MAX_AT_ONCE);
    const tried = async (addr: string): Promise<V> => {
      try {
        return await attempt(addr, ways.get(addr)!);
      } catch (error) {
        failed?.(addr);
        throw error;
      }
    };
    const found = await firstOf(clock, addrs, STAGGER_MS, tried, drop);
    if (found !== null) {
      const { key: addr, value } = found;
      if (needed()) return { addr, target: ways.get(addr)!, value };
      drop(addr, value);
      return null;
    }
    await new Promise<void>((resolve) => void clock.after(PAUSE_MS, resolve));
  }
  return null;
}

export interface OwnWaysOptions {
  readonly advisor: RelayAdvisor;
  /** What relays are reached over. */
  readonly endpoint: ClientSocket;
  /** Go only where the certificate is known. */
  readonly pinned: boolean;
  readonly allowed: (addr: string) => boolean;
}

/** Where somebody without a call may go: any relay of the user's choice, whatever the present one names. */
export function ownWays({ advisor, endpoint, pinned, allowed }: OwnWaysOptions): Ways {
  const ways = new Map<string, Target>();
  for (const { addr, pin } of advisor.alternatives(allowed)) {
    const address = parseSocketAddress(addr);
    if (address === null || !reaches(endpoint, address.ip)) continue;
    if (pin !== null || !pinned) ways.set(addr, { address, pin });
  }
  return ways;
}

/** Whether a relay closed because it did not want us, rather than for reasons of its own. */
export function thrownOut(info: CloseInfo | null): boolean {
  return info?.kind === "peer" && !STOPS.includes(info.reason);
}
