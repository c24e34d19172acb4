/** Starts the worker of the UDP relay, tells it what to do, and starts it again when it dies. */
import { canonicalIp, formatSocketAddress, type SocketAddress } from "../relay/ports/addresses.ts";
import { EXIT_CANNOT_BIND, StartError } from "../relay/ports/start_error.ts";
import type {
  OpenUdpRelay,
  UdpGroup,
  UdpRelay,
  UdpRelayHost,
  UdpRelayView,
} from "../relay/ports/udp_relay.ts";
import { workerUrl } from "../relay/ports/worker_source.ts";
import { OperatorBlocks } from "./operator_blocks.ts";
import { ViewAcrossLives } from "./view_across_lives.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

/** It shows itself every second; one that is silent for so long does nothing any more. */
const SILENT_MS = 15_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** A worker that has lived so long was in order. */
const STEADY_MS = 60_000;
const CLOSE_MS = 1_000;

export const openUdpRelay: OpenUdpRelay = (host) => Supervisor.open(host, startWorker);

/** What is needed of a `Worker`. */
export type WorkerLike = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

function startWorker(): WorkerLike {
  const source = new URL("./worker.ts", import.meta.url);
  return new Worker(workerUrl("udp_relay", source), { type: "module", name: "udp_relay" });
}

export class Supervisor implements UdpRelay {
  readonly #host: UdpRelayHost;
  readonly #start: () => WorkerLike;
  readonly #blocks: OperatorBlocks;
  readonly #views = new ViewAcrossLives();
  readonly #groups: { own: readonly UdpGroup[]; party: readonly UdpGroup[] };
  #listen: SocketAddress;
  #worker: WorkerLike | null = null;
  #open = false;
  #heardAt = 0;
  #startedAt = 0;
  #retryMs = FIRST_RETRY_MS;
  #closing: (() => void) | null = null;
  #watch = { cancel() {} };
  #retry = { cancel() {} };

  static async open(host: UdpRelayHost, start: () => WorkerLike): Promise<UdpRelay> {
    const supervisor = new Supervisor(host, start);
    await new Promise<void>((opened, failed) => supervisor.#begin(opened, failed));
    return supervisor;
  }

  private constructor(host: UdpRelayHost, start: () => WorkerLike) {
    this.#host = host;
    this.#start = start;
    this.#listen = host.listen;
    this.#blocks = new OperatorBlocks(host.clock);
    this.#groups = { own: host.settings.groups, party: [] };
    this.#watch = host.clock.every(1_000, () => this.#look());
  }

  get port(): number {
    return this.#listen.port;
  }

  view(): UdpRelayView {
    return this.#views.view(this.#listen);
  }

  partyGroups(groups: readonly UdpGroup[]): void {
    this.#groups.party = groups;
    this.#tell({ type: "groups", origin: "party", groups });
  }

  ownGroups(groups: readonly UdpGroup[]): void {
    this.#groups.own = groups;
    this.#tell({ type: "groups", origin: "own", groups });
  }

  block(ip: string, ms: number | null): void {
    const address = canonicalIp(ip) ?? ip;
    this.#blocks.add(address, ms);
    this.#tell({ type: "block", ip: address, ms });
  }

  unblock(ip: string): boolean {
    const address = canonicalIp(ip) ?? ip;
    const listed = this.#views.view(this.#listen).blocked.some((block) => block.ip === address);
    const known = this.#blocks.remove(address) || listed;
    if (known) this.#tell({ type: "unblock", ip: address });
    return known;
  }

  async close(): Promise<void> {
    this.#watch.cancel();
    this.#retry.cancel();
    const worker = this.#worker;
    if (worker === null) return;
    await new Promise<void>((resolve) => {
      const limit = this.#host.clock.after(CLOSE_MS, resolve);
      this.#closing = () => {
        limit.cancel();
        resolve();
      };
      worker.postMessage({ type: "close" } satisfies ToWorker);
    });
    this.#worker = null;
    worker.terminate();
  }

  /** `opened` and `failed` hear of the first start; whatever happens later leads to another one. */
  #begin(opened = () => {}, failed?: (error: StartError) => void): void {
    const { clock } = this.#host;
    const worker = this.#start();
    this.#worker = worker;
    this.#startedAt = this.#heardAt = clock.now();
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (this.#worker !== worker) return;
      this.#heardAt = clock.now();
      switch (data.type) {
        case "ready":
          return this.#tellWorker({
            type: "open",
            listen: this.#listen,
            settings: { ...this.#host.settings, groups: this.#groups.own },
          });
        case "open":
          failed = undefined;
          this.#opened(data.listening);
          return opened();
        case "refused":
          return this.#died(this.#explain(data), failed);
        case "view":
          return this.#views.show(data.view);
        case "closed":
          return this.#closing?.();
      }
    };
    worker.onerror = (event) => {
      // Without this the fault would be one of the whole process.
      event.preventDefault();
      if (this.#worker !== worker) return;
      if (failed === undefined) this.#died(new Error(event.message));
      else this.#died(this.#explain({ inUse: false, reason: event.message }), failed);
    };
  }

  #opened(listening: readonly SocketAddress[]): void {
    this.#listen = { ip: this.#listen.ip, port: listening[0]!.port };
    this.#open = true;
    if (this.#groups.party.length > 0) {
      this.#tell({ type: "groups", origin: "party", groups: this.#groups.party });
    }
    for (const { ip, ms } of this.#blocks.left()) this.#tell({ type: "block", ip, ms });
    const addr = listening.map(formatSocketAddress).join(",");
    this.#host.log.info("UDP relay for WireGuard is listening", { addr });
  }

  #look(): void {
    if (this.#worker === null || this.#host.clock.now() - this.#heardAt < SILENT_MS) return;
    this.#died(new Error("it said nothing any more"));
  }

  /** A first start fails; after that another one is tried, later and later while workers do not live long. */
  #died(error: Error, failed?: (error: StartError) => void): void {
    const { clock, log, counters } = this.#host;
    this.#worker?.terminate();
    this.#worker = null;
    this.#open = false;
    this.#closing?.();
    if (failed !== undefined && error instanceof StartError) {
      this.#watch.cancel();
      return failed(error);
    }
    if (this.#closing !== null) return;
    if (clock.now() - this.#startedAt >= STEADY_MS) this.#retryMs = FIRST_RETRY_MS;
    const retry_ms = this.#retryMs;
    this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * retry_ms);
    counters.internalErrors += 1;
    log.error("the UDP relay stopped and is started again", { error, retry_ms });
    this.#views.newLife();
    this.#retry = clock.after(retry_ms, () => this.#begin());
  }

  #tell(message: ToWorker): void {
    if (this.#open) this.#tellWorker(message);
  }

  #tellWorker(message: ToWorker): void {
    this.#worker?.postMessage(message);
  }

  #explain({ inUse, reason }: { inUse: boolean; reason: string }): StartError {
    const { ip, port } = this.#listen;
    const where = ip === "" ? `:${port}` : formatSocketAddress({ ip, port });
    const why = inUse
      ? "another program has this UDP port. Stop it, or choose another address with --udp-relay"
      : `${reason}. Choose another address with --udp-relay`;
    return new StartError(
      inUse ? "address_in_use" : "cannot_bind",
      `Cannot listen on ${where} for WireGuard: ${why}`,
      EXIT_CANNOT_BIND,
    );
  }
}
