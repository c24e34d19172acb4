/** Who is registered at this relay, as it tells others: numbered, and changes put together. */
import type { Clock } from "../../quic/clock.ts";
import { type NameChange, NameList } from "./name_list.ts";

export interface OwnNamesOptions {
  readonly clock: Clock;
  /** Who is registered now, also those whom the list had no room for. */
  readonly registered: () => Iterable<string>;
  /** Longest list. */
  readonly most: () => number;
}

/** A change has the number after the one before it; only that makes it applicable elsewhere. */
export class OwnNames {
  readonly #options: OwnNamesOptions;
  readonly #list = new NameList();
  /** Whose registration began or ended since the last change; true: began last. */
  readonly #pending = new Map<string, boolean>();
  #seq: number;
  /** Somebody had no room. */
  #cut = false;

  constructor(options: OwnNamesOptions) {
    this.#options = options;
    this.#seq = Math.floor(options.clock.wall());
  }

  get seq(): number {
    return this.#seq;
  }

  names(): Iterable<string> {
    return this.#list.all();
  }

  registered(name: string): void {
    this.#pending.set(name, true);
  }

  /** Takes in everybody who is registered already. */
  begin(): void {
    for (const name of this.#options.registered()) this.registered(name);
  }

  unregistered(name: string): void {
    this.#pending.set(name, false);
  }

  /** Somebody knows a list of this relay with this number, of an earlier life: the next one is above it. */
  raise(seq: number): void {
    this.#seq = Math.max(seq + 1, Math.floor(this.#options.clock.wall()));
  }

  /** What has changed since the last time, under the next number; null when nothing has. */
  change(): NameChange | null {
    if (this.#pending.size === 0) return null;
    const add: string[] = [];
    const remove: string[] = [];
    for (const [name, began] of this.#pending) {
      if (!began && this.#list.delete(name)) remove.push(name);
    }
    for (const [name, began] of this.#pending) if (began && this.#add(name)) add.push(name);
    this.#pending.clear();
    if (this.#cut && remove.length > 0) add.push(...this.#fill());
    if (add.length === 0 && remove.length === 0) return null;
    this.#seq += 1;
    return { add, remove };
  }

  #add(name: string): boolean {
    const added = this.#list.add(name, this.#options.most());
    if (!added && !this.#list.has(name)) this.#cut = true;
    return added;
  }

  /** Takes in who had no room before. */
  #fill(): string[] {
    this.#cut = false;
    return [...this.#options.registered()].filter((name) => this.#add(name));
  }
}
