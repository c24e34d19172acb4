/** Keeps a link with one configured peer: dials whenever there is none, and waits a little longer after each failure. */
import { canonicalIp, type SocketAddress } from "../../proto/socket_address.ts";
import { Backoff } from "../../quic/backoff.ts";
import { QuicError } from "../../quic/errors.ts";
import type { DialledRelay, FederationHost } from "../../relay/ports/federation.ts";
import type { Link } from "../link.ts";
import { type Dialled, dialRelay, type DialRelayParts } from "../trust/dial_relay.ts";
import { endpointFor } from "../trust/endpoint_for.ts";
import type { Refusal, Refused } from "../trust/refusal.ts";
import type { Hints } from "./hints.ts";
import type { Newcomer } from "./newcomer.ts";

/** Anything up to the first after one failure, up to twice that after two, never more than the last. */
const BACKOFF = { baseMs: 1_000, maxMs: 60_000 };
/** A link that lived this long was a good one. */
const HEALTHY_MS = 60_000;

export interface DiallerParts
  extends
    Omit<DialRelayParts, "endpoint">,
    Pick<FederationHost, "log" | "endpoints" | "resolve" | "random"> {
  readonly hints: Hints;
  /** The link with the peer, whoever dialled it. */
  readonly link: () => Link | null;
  readonly label: () => string;
  readonly mayBeOriginal: () => boolean;
  /** Takes over a connection; what it says against it, after closing it. */
  readonly take: (newcomer: Newcomer) => Refusal | null;
}

export class Dialler {
  readonly entry: DialledRelay;
  /** Where the host was found last. */
  addresses: readonly string[];
  readonly #parts: DiallerParts;
  readonly #backoff: Backoff;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  /** Each with the bytes that TLS compares; what the peer had last comes first. */
  #pins: Uint8Array[];
  #changed = Promise.withResolvers<void>();
  /** Whether the last thing the log said of this peer is that it cannot be reached. */
  #saidDown = false;

  /** Starts at once; never throws afterwards. */
  constructor(entry: DialledRelay, parts: DiallerParts) {
    this.entry = entry;
    this.#parts = parts;
    this.#backoff = new Backoff({ ...BACKOFF, random: parts.random });
    this.#pins = entry.fingerprints.map((hex) => Uint8Array.fromHex(hex));
    this.addresses = isIp(entry.host) ? [entry.host] : [];
    this.#ended = this.#run();
  }

  /** A link came or went. */
  linksChanged(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves when nothing of it runs any more. Its link stays. */
  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#ended;
  }

  async #run(): Promise<void> {
    const { clock, link } = this.#parts;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const there = link();
      if (there === null) await this.#attempt();
      else {
        await this.#unlessStopped(this.#changed.promise);
        if (link() === null && clock.now() - there.since >= HEALTHY_MS) this.#backoff.reset();
      }
      if (link() === null && !signal.aborted) await this.#pause(this.#backoff.next());
    }
  }

  async #attempt(): Promise<void> {
    const { log } = this.#parts;
    const peer = this.#parts.label();
    try {
      await this.#dialEach();
      this.#saidDown = false;
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      const fields = {
        peer,
        host: this.entry.host,
        port: this.entry.port,
        reason: error instanceof Error ? error : String(error),
      };
      if (this.#saidDown) log.debug("peer is still not reachable", fields);
      else log.warn("peer is not reachable", fields);
      this.#saidDown = true;
    }
  }

  /** One address of the host after the other, until one answers. */
  async #dialEach(): Promise<void> {
    const { endpoints, resolve } = this.#parts;
    const { host, port } = this.entry;
    if (!isIp(host)) {
      const found = await this.#unlessStopped(resolve(host));
      if (found === undefined) return;
      this.addresses = found;
    }
    let failure: unknown = new QuicError(
      "cannot_bind",
      `None of its addresses (${this.addresses.join(", ")}) is of a family this relay listens on.`,
    );
    for (const ip of this.addresses) {
      const endpoint = endpointFor(endpoints, ip);
      if (endpoint === null) continue;
      if (this.#stopping.signal.aborted) return;
      const address = { ip, port };
      try {
        const dialled = await dialRelay({
          address,
          pins: this.#pins,
          serverName: "_federation",
          signal: this.#stopping.signal,
        }, { ...this.#parts, endpoint });
        return this.#judge(dialled, address);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #judge(dialled: Dialled, address: SocketAddress): void {
    const { hints, mayBeOriginal, counters } = this.#parts;
    if (dialled.is === "refused") {
      if (dialled.refusal === "fingerprint_mismatch") {
        const { fingerprints } = this.entry;
        hints.wrongCertificate(this.#parts.label(), address, fingerprints, dialled.shown);
      } else this.#noLink(address, dialled);
      return;
    }
    const { channel } = dialled;
    const common = { label: this.#parts.label(), pinned: true, channel, dialled: true };
    if (dialled.is === "proven") {
      const { key, ext, fingerprint } = dialled.relay;
      this.#prefer(fingerprint);
      this.#take({ ...common, relay: key, legacy: false, ext, first: null }, address);
    } else if (mayBeOriginal()) {
      const { fingerprint, first } = dialled;
      this.#prefer(fingerprint);
      const relay = fingerprint.toHex();
      this.#take({ ...common, relay, legacy: true, ext: null, first }, address);
    } else {
      const refusal = dialled.silent ? "timeout" : "legacy_not_allowed";
      counters.federationRefusals.add(refusal);
      channel.connection.close(0, refusal);
      this.#noLink(address, { refusal, detail: "it sent no challenge" });
    }
  }

  #take(newcomer: Newcomer, address: SocketAddress): void {
    const refusal = this.#parts.take(newcomer);
    if (refusal !== null) this.#noLink(address, { refusal, detail: "" });
  }

  #noLink(address: SocketAddress, refused: Refused): void {
    if (this.#stopping.signal.aborted || this.#parts.link() !== null) return;
    this.#parts.hints.noLink(this.#parts.label(), address, refused, this.#parts.own.key);
  }

  #prefer(fingerprint: Uint8Array): void {
    const hex = fingerprint.toHex();
    const others = this.#pins.filter((pin) => pin.toHex() !== hex);
    this.#pins = [fingerprint, ...others];
  }

  /** Undefined as soon as this is stopped; otherwise as the work ends. */
  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this.#stopping;
    return new Promise((resolve, reject) => {
      const stop = () => resolve(undefined);
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
    });
  }

  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = this.#parts.clock.after(ms, resolve);
    await this.#unlessStopped(promise);
    timer.cancel();
    resolve();
  }
}

function isIp(host: string): boolean {
  return canonicalIp(host) !== null;
}
