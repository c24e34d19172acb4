/** Long lists that many ask for: whoever asks while one is made gets the same one. */
import type { RegistryList } from "../relay/ports/registry.ts";
import type { RegistryFindings } from "./worker_messages.ts";

/** Bytes of lists that are kept for the case that nothing has changed. */
const MAX_KEPT_BYTES = 32_000_000;

interface Making {
  readonly promise: Promise<RegistryList>;
  /** For who asks after the worker began, and may know of changes since. */
  next: Promise<RegistryList> | null;
}

export class SharedLists {
  readonly #ask: (
    region: string | null,
    known: string | null,
  ) => Promise<RegistryFindings["list"]>;
  /** Those made last, the newest at the end. */
  readonly #kept = new Map<string | null, RegistryList>();
  readonly #making = new Map<string | null, Making>();
  #keptBytes = 0;

  constructor(
    ask: (region: string | null, known: string | null) => Promise<RegistryFindings["list"]>,
  ) {
    this.#ask = ask;
  }

  /** As of now or later. Rejects when it cannot be made. */
  get(region: string | null): Promise<RegistryList> {
    const running = this.#making.get(region);
    if (running === undefined) return this.#make(region);
    running.next ??= running.promise.then(() => {}, () => {}).then(() => this.#make(region));
    return running.next;
  }

  #make(region: string | null): Promise<RegistryList> {
    const promise = this.#fetch(region).finally(() => {
      if (this.#making.get(region)?.promise === promise) this.#making.delete(region);
    });
    this.#making.set(region, { promise, next: null });
    return promise;
  }

  async #fetch(region: string | null): Promise<RegistryList> {
    const known = this.#kept.get(region);
    const { tag, json } = await this.#ask(region, known?.tag ?? null);
    const list = json === null ? known! : { tag, json };
    this.#keep(region, list);
    return list;
  }

  #keep(region: string | null, list: RegistryList): void {
    this.#drop(region);
    this.#kept.set(region, list);
    this.#keptBytes += list.json.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= MAX_KEPT_BYTES || oldest === region) break;
      this.#drop(oldest);
    }
  }

  #drop(region: string | null): void {
    const kept = this.#kept.get(region);
    if (kept === undefined) return;
    this.#keptBytes -= kept.json.length;
    this.#kept.delete(region);
  }
}
