/** The relay's end of the registry's worker: a bounded number of requests that wait, and a new worker when one dies. */
import type { RegistryAnswer, RegistryHost, RegistrySettings } from "../relay/ports/registry.ts";
import { refused } from "./answers.ts";
import type { RegistryOrder } from "./registry_core.ts";
import type {
  FromWorker,
  RegistryFindings,
  RegistryQuestion,
  ToWorker,
} from "./worker_messages.ts";

/** A running worker, as far as it is needed here. */
export interface WorkerPort {
  post(message: ToWorker): void;
  /** Ends it at once. */
  end(): void;
}

/** Starts one. `onDeath` is called at most once, and not after `end`. */
export type SpawnWorker = (
  onMessage: (message: FromWorker) => void,
  onDeath: (reason: string) => void,
) => WorkerPort;

export interface WorkerLinkParts {
  readonly clock: RegistryHost["clock"];
  readonly log: RegistryHost["log"];
  readonly path: string;
  readonly settings: () => RegistrySettings;
  readonly spawn: SpawnWorker;
  /** What it says that is no answer. */
  readonly onNews: (news: Extract<FromWorker, { kind: "stats" | "groups" | "log" }>) => void;
}

/** Requests that wait for the worker at a time; it does some thousands in a second. */
export const MAX_WAITING = 1_024;
/** A file of 20,000 relays is checked and read in less than one. */
const OPEN_MS = 30_000;
const CLOSE_MS = 5_000;
const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

export class OpenFailure extends Error {
  override readonly name = "OpenFailure";
  /** A later version wrote the file. */
  readonly newer: boolean;

  constructor(message: string, newer = false) {
    super(message);
    this.newer = newer;
  }
}

export class WorkerLink {
  readonly #parts: WorkerLinkParts;
  #worker: WorkerPort | null = null;
  #opened = false;
  #closing = false;
  #pauseMs = MIN_PAUSE_MS;
  #lastId = 0;
  #told: RegistrySettings | null = null;
  /** Null once it was open for the first time, or could not be opened. */
  #onOpened: ((failure: OpenFailure | null) => void) | null = null;
  #onClosed: () => void = () => {};
  readonly #orders = new Map<number, (answer: RegistryAnswer) => void>();
  readonly #questions = new Map<
    number,
    { resolve(findings: RegistryFindings[keyof RegistryFindings]): void; reject(e: Error): void }
  >();

  constructor(parts: WorkerLinkParts) {
    this.#parts = parts;
  }

  /** Rejects with `OpenFailure`. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = this.#parts.clock.after(OPEN_MS, () => {
        this.#lost(new OpenFailure("its worker does not answer"));
      });
      this.#onOpened = (failure) => {
        late.cancel();
        this.#onOpened = null;
        if (failure === null) resolve();
        else reject(failure);
      };
      this.#spawn();
    });
  }

  get waiting(): number {
    return this.#orders.size + this.#questions.size;
  }

  order(order: RegistryOrder): Promise<RegistryAnswer> {
    const obstacle = this.#obstacle();
    if (obstacle !== null) return Promise.resolve(obstacle);
    this.#tellSettings();
    return new Promise((resolve) => {
      const id = ++this.#lastId;
      this.#orders.set(id, resolve);
      this.#worker!.post({ kind: "order", id, order });
    });
  }

  /** Rejects when the worker is gone or has too much to do. */
  question<Ask extends RegistryQuestion["ask"]>(
    question: RegistryQuestion & { readonly ask: Ask },
  ): Promise<RegistryFindings[Ask]> {
    const obstacle = this.#obstacle();
    if (obstacle !== null) return Promise.reject(new Error(obstacle.detail));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#questions.set(id, {
        resolve: (findings) => resolve(findings as RegistryFindings[Ask]),
        reject,
      });
      this.#worker!.post({ kind: "question", id, question });
    });
  }

  /** The configuration may have changed. */
  #tellSettings(): void {
    const settings = this.#parts.settings();
    const told = this.#told;
    if (
      told !== null && told.maxRelays === settings.maxRelays &&
      told.maxParties === settings.maxParties && sameTexts(told.members, settings.members)
    ) {
      return;
    }
    this.#told = settings;
    this.#worker?.post({ kind: "configure", settings });
  }

  /** To be called every second, so that changed settings count while nobody asks. */
  tick(): void {
    if (this.#opened) this.#tellSettings();
  }

  /** What was asked for before is done. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#worker === null || !this.#opened) return this.#end();
    await new Promise<void>((resolve) => {
      const late = this.#parts.clock.after(CLOSE_MS, resolve);
      this.#onClosed = () => {
        late.cancel();
        resolve();
      };
      this.#worker!.post({ kind: "close" });
    });
    this.#end();
  }

  #obstacle() {
    if (!this.#opened || this.#closing) {
      return refused("unavailable", "The registry is not running just now; try again soon.");
    }
    if (this.waiting < MAX_WAITING) return null;
    return refused("too_many", "The registry has too much to do just now; try again soon.");
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "ready":
        this.#told = this.#parts.settings();
        this.#worker!.post({ kind: "open", path: this.#parts.path, settings: this.#told });
        break;
      case "opened":
        this.#opened = true;
        this.#pauseMs = MIN_PAUSE_MS;
        this.#onOpened?.(null);
        break;
      case "failed":
        this.#lost(new OpenFailure(message.reason, message.newer));
        break;
      case "answers":
        for (const [id, answer] of message.answers) {
          this.#orders.get(id)?.(answer);
          this.#orders.delete(id);
        }
        break;
      case "findings":
        this.#questions.get(message.id)?.resolve(message.findings);
        this.#questions.delete(message.id);
        break;
      case "closed":
        this.#onClosed();
        break;
      default:
        this.#parts.onNews(message);
    }
  }

  #spawn(): void {
    this.#worker = this.#parts.spawn(
      (message) => this.#hear(message),
      (reason) => {
        this.#onClosed();
        if (!this.#closing) this.#lost(new OpenFailure(reason));
      },
    );
  }

  /** There is no worker any more: the start ends, or another one is started in a while. */
  #lost(failure: OpenFailure): void {
    const { clock, log } = this.#parts;
    this.#end();
    if (this.#onOpened !== null) return this.#onOpened(failure);
    log.error("the registry stopped and is started again", {
      reason: failure.message,
      in_s: this.#pauseMs / 1000,
    });
    clock.after(this.#pauseMs, () => {
      if (!this.#closing) this.#spawn();
    });
    this.#pauseMs = Math.min(MAX_PAUSE_MS, 2 * this.#pauseMs);
  }

  #end(): void {
    this.#opened = false;
    this.#worker?.end();
    this.#worker = null;
    this.#fail();
  }

  /** Whoever waits is told; whether it was done nobody knows. */
  #fail(): void {
    for (const resolve of this.#orders.values()) {
      resolve(refused("unavailable", "The registry stopped before it answered; ask again."));
    }
    this.#orders.clear();
    for (const { reject } of this.#questions.values()) reject(new Error("The registry stopped."));
    this.#questions.clear();
  }
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((text, index) => text === b[index]));
}
