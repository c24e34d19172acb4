/** The HTTP server as the relay's thread has it: in a thread of its own, which is started again when it dies. */
import { formatSocketAddress, type SocketAddress } from "../../relay/ports/addresses.ts";
import type { Admin, AdminHost, AdminSettings } from "../../relay/ports/admin.ts";
import { batchedPost } from "../../relay/ports/batched_post.ts";
import { type Clock, systemClock } from "../../relay/ports/clock.ts";
import { StartError } from "../../relay/ports/start_error.ts";
import { greet } from "../greeting.ts";
import type { Tokens } from "../guard/tokens.ts";
import { Desk } from "./desk.ts";
import type { FromHttp, FromRelay } from "./messages.ts";

/** It reads the counters every other second; one that is silent for so long does nothing any more. */
const SILENT_MS = 15_000;
const LOOK_MS = 1_000;
const PAUSE_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;
/** A thread that has lived so long was in order. */
const STEADY_MS = 60_000;
const CLOSE_MS = 1_000;
/** For the first start; a slow machine needs a second. */
const OPEN_MS = 30_000;

/** What is needed of a `Worker`. */
export type WorkerLike = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

type Listen = Pick<AdminSettings, "listen" | "implied">;

export class HttpThread implements Admin {
  #addresses: readonly SocketAddress[] = [];
  readonly #start: () => WorkerLike;
  readonly #clock: Clock;
  #settings: Listen;
  #worker: WorkerLike | null = null;
  #host: AdminHost | null = null;
  #tokens: Tokens | null = null;
  #desk: Desk | null = null;
  #listening = false;
  #heardAt = 0;
  #lookedAt = 0;
  #startedAt = 0;
  #retryMs = FIRST_RETRY_MS;
  #onServing: () => void = () => {};
  #onClosed: (() => void) | null = null;
  #watch = { cancel() {} };
  #retry = { cancel() {} };

  /** Rejects with `StartError` when the ports cannot be had. */
  static async open(
    settings: Listen,
    start: () => WorkerLike,
    clock: Clock = systemClock,
  ): Promise<Admin> {
    const thread = new HttpThread(settings, start, clock);
    if (settings.listen.length === 0) return thread;
    await new Promise<void>((opened, failed) => {
      const late = clock.after(OPEN_MS, () => {
        thread.#died(new StartError("http_cannot_bind", "The HTTP server does not start"), failed);
      });
      thread.#begin(() => {
        late.cancel();
        opened();
      }, (error) => {
        late.cancel();
        failed(error);
      });
    });
    return thread;
  }

  private constructor(settings: Listen, start: () => WorkerLike, clock: Clock) {
    this.#settings = settings;
    this.#start = start;
    this.#clock = clock;
  }

  get addresses(): readonly SocketAddress[] {
    return this.#addresses;
  }

  async serve(host: AdminHost): Promise<void> {
    if (this.#addresses.length === 0) {
      if (this.#settings.listen.length > 0) host.log.warn("no HTTP, this machine has no loopback");
      return;
    }
    this.#tokens = greet(host, this.#addresses);
    this.#host = host;
    // Whoever takes its place takes the same ports.
    this.#settings = { listen: this.#addresses, implied: this.#settings.implied };
    this.#heardAt = this.#clock.now();
    this.#watch = this.#clock.every(LOOK_MS, () => this.#look());
    await new Promise<void>((resolve) => {
      this.#onServing = resolve;
      this.#serve();
    });
  }

  apply(): void {
    if (this.#host !== null) this.#tell({ kind: "settings", settings: this.#host.settings() });
  }

  async close(): Promise<void> {
    this.#watch.cancel();
    this.#retry.cancel();
    const worker = this.#worker;
    if (worker !== null) {
      await new Promise<void>((resolve) => {
        const limit = this.#clock.after(CLOSE_MS, resolve);
        this.#onClosed = () => {
          limit.cancel();
          resolve();
        };
        this.#tell({ kind: "close" });
      });
    }
    this.#end();
    // Nor does a relay that ends before it has begun.
    this.#onServing();
  }

  /** `opened` and `failed` hear of the first start; whatever happens later leads to another one. */
  #begin(opened = () => {}, failed?: (error: Error) => void): void {
    const worker = this.#start();
    this.#worker = worker;
    this.#startedAt = this.#heardAt = this.#clock.now();
    const take = (message: FromHttp) => {
      if (this.#worker !== worker) return;
      switch (message.kind) {
        case "ready":
          return this.#tell({ kind: "listen", settings: this.#settings });
        case "listening":
          failed = undefined;
          this.#addresses = message.addresses;
          this.#listening = true;
          this.#serve();
          return opened();
        case "serving":
          return this.#onServing();
        case "failed":
          return this.#died(
            new StartError(message.code, message.message, message.exitCode),
            failed,
          );
        case "closed":
          return this.#onClosed?.();
        default:
          return this.#desk?.take(message);
      }
    };
    worker.onmessage = ({ data }: MessageEvent<readonly FromHttp[]>) => {
      this.#heardAt = this.#clock.now();
      data.forEach(take);
    };
    worker.onerror = (event) => {
      // Without this the fault would be one of the whole process.
      event.preventDefault();
      if (this.#worker !== worker) return;
      const error = new Error(event.message);
      if (failed === undefined) return this.#died(error);
      this.#died(new StartError("http_cannot_bind", `Cannot serve HTTP: ${error.message}`), failed);
    };
  }

  #serve(): void {
    const [host, tokens] = [this.#host, this.#tokens];
    if (host === null || tokens === null || !this.#listening) return;
    const worker = this.#worker!;
    const post = batchedPost<FromRelay>((messages) => worker.postMessage(messages));
    this.#desk = new Desk(host, post);
    const { build, tlsFingerprint, startedAt, quicPort } = host;
    this.#tell({
      kind: "serve",
      facts: { build, tlsFingerprint, startedAt, quicPort, isRegistry: host.registry !== null },
      settings: host.settings(),
      tokens: tokens.digests,
      now: host.clock.now(),
    });
  }

  #look(): void {
    const now = this.#clock.now();
    // After a pause of the whole process what the thread has said is still to be read.
    if (now - this.#lookedAt > PAUSE_MS) this.#heardAt = now;
    this.#lookedAt = now;
    if (this.#worker === null || this.#clock.now() - this.#heardAt < SILENT_MS) return;
    this.#died(new Error("it said nothing any more"));
  }

  /** A first start fails; after that another one is tried, later and later while threads do not live long. */
  #died(error: Error, failed?: (error: Error) => void): void {
    this.#end();
    if (failed !== undefined) return failed(error);
    if (this.#onClosed !== null) return this.#onClosed();
    // The relay need not wait for it.
    this.#onServing();
    if (this.#clock.now() - this.#startedAt >= STEADY_MS) this.#retryMs = FIRST_RETRY_MS;
    const retry_ms = this.#retryMs;
    this.#retryMs = Math.min(LONGEST_RETRY_MS, 2 * retry_ms);
    const addr = this.#addresses.map(formatSocketAddress).join(",");
    this.#host?.log.error("the HTTP server stopped and is started again", {
      addr,
      error,
      retry_ms,
    });
    this.#retry = this.#clock.after(retry_ms, () => this.#begin());
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#listening = false;
    this.#desk?.close();
    this.#desk = null;
  }

  #tell(message: FromRelay): void {
    this.#worker?.postMessage([message]);
  }
}
