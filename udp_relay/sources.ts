/** Where packets come from, as limits count it: an IPv4 address, or the /64 of an IPv6 address. */
import { canonicalIp, sourceKey } from "../relay/ports/addresses.ts";
import type { UdpBlockView } from "../relay/ports/udp_relay.ts";
import { Allowance } from "./allowance.ts";
import { Conduct } from "./blocks.ts";

export interface SourceLimits {
  readonly packetsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Sources without a peer that are remembered for a while. Those that do not fit are one, together. */
export const MAX_SOURCES = 16_384;
export const MAX_BLOCKED = 4_096;
export const MAX_OPERATOR_BLOCKS = 1_000;
const IDLE_MS = 10_000;
/** Part of a second's worth that may come at once. */
const BURST_SECONDS = 0.5;
const LEAST_BURST_PACKETS = 64;
const LEAST_BURST_BYTES = 128 * 1024;
const HANDSHAKES_PER_SECOND = 20;
const HANDSHAKES_BURST = 300;
/** Its part of the checks for those who are not known. */
const CHECKS_PER_SECOND = 10_000;
const CHECKS_BURST = 20_000;

export class Source {
  readonly key: string;
  readonly #packets: Allowance;
  readonly #bytes: Allowance;
  readonly handshakes: Allowance;
  readonly checks: Allowance;
  readonly conduct = new Conduct();
  /** -Infinity when it is not blocked. */
  blockedUntil = -Infinity;
  blockedBy: UdpBlockView["by"] | null = null;
  peers = 0;
  verifiedPeers = 0;
  heardAt: number;

  constructor(key: string, { packetsPerSecond, bytesPerSecond }: SourceLimits, now: number) {
    this.key = key;
    const burst = (rate: number, least: number) => Math.max(least, rate * BURST_SECONDS);
    this.#packets = new Allowance(
      packetsPerSecond,
      burst(packetsPerSecond, LEAST_BURST_PACKETS),
      now,
    );
    this.#bytes = new Allowance(bytesPerSecond, burst(bytesPerSecond, LEAST_BURST_BYTES), now);
    this.handshakes = new Allowance(HANDSHAKES_PER_SECOND, HANDSHAKES_BURST, now);
    this.checks = new Allowance(CHECKS_PER_SECOND, CHECKS_BURST, now);
    this.heardAt = now;
  }

  /** By the operator, whose word holds for everything that comes from there or goes there. */
  isShut(now: number): boolean {
    return this.blockedBy === "operator" && this.blockedUntil > now;
  }

  /** Pays for a packet that is forwarded; false when it has had its share. */
  pays(bytes: number, now: number): boolean {
    if (!this.#packets.has(1, now) || !this.#bytes.has(bytes, now)) return false;
    this.#packets.pay(1);
    this.#bytes.pay(bytes);
    return true;
  }
}

interface Block {
  readonly source: Source;
  /** The address that was blocked, which stands for its source. */
  readonly ip: string;
  readonly by: UdpBlockView["by"];
  readonly reason: string;
}

export class Sources {
  readonly #limits: SourceLimits;
  readonly #table = new Map<string, Source>();
  readonly #blocks = new Map<string, Block>();
  #operatorBlocks = 0;
  /** All that found no place. It is never blocked, since it is nobody in particular. */
  #crowd: Source;

  constructor(limits: SourceLimits, now: number) {
    this.#limits = limits;
    this.#crowd = new Source("", limits, now);
  }

  get size(): number {
    return this.#table.size;
  }

  /** The source of an address, as a socket gives it. */
  of(ip: string, now: number): Source {
    const key = keyOf(ip);
    const known = this.#table.get(key);
    if (known !== undefined) return known;
    if (this.#table.size >= MAX_SOURCES) return this.#crowd;
    return this.#add(key, now);
  }

  /** The same for one that is to have a peer, which there are not more of than there may be. */
  ofPeer(ip: string, now: number): Source {
    const key = keyOf(ip);
    return this.#table.get(key) ?? this.#add(key, now);
  }

  /** Counts something bad. Whoever has a peer that has proven itself is spared: anybody can send in its name. */
  bad(source: Source, ip: string, weight: number, reason: string, now: number): void {
    if (source === this.#crowd || source.verifiedPeers > 0 || source.blockedUntil > now) return;
    const ms = source.conduct.bad(weight, now);
    if (ms === 0 || this.#blocks.size - this.#operatorBlocks >= MAX_BLOCKED) return;
    this.#set({ source, ip: plain(ip), by: "automatic", reason }, now + ms);
  }

  block(ip: string, ms: number | null, now: number): void {
    this.unblock(ip);
    const oldest = this.#oldestOfOperator();
    if (oldest !== null) this.#lift(oldest);
    const source = this.ofPeer(ip, now);
    const reason = "blocked by the operator";
    const until = ms === null ? Infinity : now + ms;
    this.#set({ source, ip: plain(ip), by: "operator", reason }, until);
    this.#operatorBlocks += 1;
  }

  unblock(ip: string): boolean {
    const block = this.#blocks.get(keyOf(ip));
    if (block === undefined) return false;
    this.#lift(block);
    return true;
  }

  /** `wall` is the Unix time at `now`. */
  blocked(now: number, wall: number): UdpBlockView[] {
    return [...this.#blocks.values()].map(({ source, ip, by, reason }) => ({
      ip,
      by,
      reason,
      until: source.blockedUntil === Infinity ? null : Math.round(wall + source.blockedUntil - now),
    }));
  }

  sweep(now: number): void {
    for (const block of this.#blocks.values()) {
      const { blockedUntil, verifiedPeers } = block.source;
      const spared = block.by === "automatic" && verifiedPeers > 0;
      if (blockedUntil <= now || spared) this.#lift(block);
    }
    // Whoever is new must not lose its own place to the memory of forged sources that were blocked once.
    const crowded = this.#table.size > MAX_SOURCES / 2;
    for (const [key, source] of this.#table) {
      const idle = now - source.heardAt >= IDLE_MS;
      const forgiven = crowded || source.conduct.isClean(now);
      if (idle && forgiven && source.peers === 0 && source.blockedUntil === -Infinity) {
        this.#table.delete(key);
      }
    }
  }

  #add(key: string, now: number): Source {
    const source = new Source(key, this.#limits, now);
    this.#table.set(key, source);
    return source;
  }

  #set(block: Block, until: number): void {
    block.source.blockedUntil = until;
    block.source.blockedBy = block.by;
    this.#blocks.set(block.source.key, block);
  }

  #lift(block: Block): void {
    block.source.blockedUntil = -Infinity;
    block.source.blockedBy = null;
    this.#blocks.delete(block.source.key);
    if (block.by === "operator") this.#operatorBlocks -= 1;
  }

  /** The one that makes way for another, when there are as many as there may be. */
  #oldestOfOperator(): Block | null {
    if (this.#operatorBlocks < MAX_OPERATOR_BLOCKS) return null;
    for (const block of this.#blocks.values()) if (block.by === "operator") return block;
    return null;
  }
}

/** IPv6 sockets that take IPv4 as well show it like this. */
const MAPPED = "::ffff:";

function keyOf(ip: string): string {
  return sourceKey(plain(ip));
}

function plain(ip: string): string {
  if (!ip.startsWith(MAPPED)) return ip;
  const v4 = ip.slice(MAPPED.length);
  return v4.includes(".") ? v4 : canonicalIp(ip) ?? ip;
}
