/** A registry with its file: what is asked for at the same time is one transaction, and answered once that is written. */
import type { Crypto } from "../proto/crypto_port.ts";
import type {
  RegisteredPartyView,
  RegisteredRelayView,
  RegistryAnswer,
  RegistrySettings,
} from "../relay/ports/registry.ts";
import type { UdpGroup } from "../relay/ports/udp_relay.ts";
import { refused } from "./answers.ts";
import { largestRegions } from "./region_counts.ts";
import { RegistryCore, type RegistryOrder } from "./registry_core.ts";
import type { RelayQuery } from "./relay_roll.ts";
import { RegistryFile, type RegistryStore, type WorkerLog } from "./registry_file.ts";
import { Store, type StoreChanges } from "./store.ts";
import type { StoreTrouble } from "./store_trouble.ts";

/** The keys of more than these are told once a second only. */
const FEW_PEERS = 500;

export interface EngineStats {
  readonly relays: number;
  /** Of the largest regions. */
  readonly relaysByRegion: Readonly<Record<string, number>>;
  readonly parties: number;
  readonly peers: number;
  readonly expired: number;
  /** Transactions that could not be written. */
  readonly storeErrors: number;
  readonly setAside: string | null;
  readonly storeProblem: string | null;
}

export interface EngineParts {
  readonly path: string;
  readonly settings: RegistrySettings;
  readonly crypto: Pick<Crypto, "random" | "sha256" | "equal" | "ed25519Verify">;
  /** Unix time in milliseconds. */
  readonly now: () => number;
  readonly log: WorkerLog;
  readonly onGroups: (groups: readonly UdpGroup[]) => void;
  /** In place of `Store.open`. */
  readonly openStore?: (path: string) => RegistryStore;
}

export class RegistryEngine {
  readonly #parts: EngineParts;
  readonly #core: RegistryCore;
  /** Other tags than in the last life, whatever the versions. */
  readonly #life: string;
  readonly #file: RegistryFile;
  #groupsTold = -1;
  #expired = 0;
  /** Expired in memory, not in the file yet. */
  #expiring = 0;
  #storeErrors = 0;
  #problem: string | null = null;

  /** Throws `StoreTrouble` when the file can neither be used nor set aside. */
  constructor(parts: EngineParts) {
    this.#parts = parts;
    this.#file = new RegistryFile(parts.path, parts.openStore ?? Store.open, parts.log);
    this.#core = new RegistryCore(parts.crypto, parts.settings);
    this.#life = parts.crypto.random(8).toHex();
    this.#load();
    this.tick();
  }

  configure(settings: RegistrySettings): void {
    this.#core.configure(settings);
  }

  answer(orders: readonly RegistryOrder[]): RegistryAnswer[] {
    const now = this.#parts.now();
    const answers: (RegistryAnswer | null)[] = [];
    for (const order of orders) {
      try {
        answers.push(order.op === "peers" ? null : this.#core.answer(order, now));
      } catch (error) {
        return this.#without(answers.length, orders, error);
      }
    }
    const trouble = this.#settle(now);
    return answers.map((answer, index) => {
      // What is read must be what is written.
      if (answer === null) return this.#core.answer(orders[index]!, now);
      if (trouble === null || !answer.ok) return answer;
      return refused("unavailable", sentence(trouble));
    });
  }

  /** Without `json` for who has it under this tag already. */
  list(
    region: string | null,
    known: string | null,
  ): { readonly tag: string; readonly json: Uint8Array<SharedArrayBuffer> | null } {
    const { order } = this.#core.roll;
    const tag = `${this.#life}-${order.version(region)}`;
    return { tag, json: tag === known ? null : order.json(region) };
  }

  page(query: RelayQuery): { readonly items: RegisteredRelayView[]; readonly total: number } {
    return this.#core.roll.page(query, this.#parts.now());
  }

  parties(after: string, limit: number): RegisteredPartyView[] {
    return this.#core.book.list(after, limit, this.#parts.now());
  }

  /** What time alone changes; to be called every second. */
  tick(): void {
    const now = this.#parts.now();
    this.#expiring += this.#core.sweep(now);
    this.#settle(now);
    this.#tellGroups();
  }

  stats(): EngineStats {
    const { roll, book } = this.#core;
    return {
      relays: roll.order.size,
      relaysByRegion: largestRegions(roll.regions.entries()),
      parties: book.parties.size,
      peers: book.peers.size,
      expired: this.#expired,
      storeErrors: this.#storeErrors,
      setAside: this.#file.setAside,
      storeProblem: this.#problem,
    };
  }

  close(): void {
    this.#settle(this.#parts.now());
    this.#file.close();
  }

  /** A fault of ours must not take those along who asked at the same time. */
  #without(index: number, orders: readonly RegistryOrder[], error: unknown): RegistryAnswer[] {
    const now = this.#parts.now();
    this.#undo(now);
    this.#parts.log("error", "internal error, please report it", {
      error: error instanceof Error ? error.stack ?? error.message : String(error),
    });
    const answers = this.answer(orders.toSpliced(index, 1));
    return answers.toSpliced(index, 0, refused("unavailable", "This is a fault of the registry."));
  }

  /** Writes what changed, or goes back to what is written. */
  #settle(now: number): StoreTrouble | null {
    const trouble = this.#core.changed
      ? this.#file.write(this.#changes(), () => this.#everything(), now)
      : null;
    if (trouble !== null) {
      this.#storeErrors += 1;
      this.#undo(now);
      this.#report(sentence(trouble));
    } else if (this.#core.changed) {
      this.#core.keep();
      this.#expired += this.#expiring;
      this.#expiring = 0;
      this.#report(null);
    }
    if (this.#core.book.peers.size <= FEW_PEERS) this.#tellGroups();
    return trouble;
  }

  #tellGroups(): void {
    const { groupsVersion } = this.#core.book;
    if (groupsVersion === this.#groupsTold) return;
    this.#groupsTold = groupsVersion;
    this.#parts.onGroups(this.#core.book.groups());
  }

  /** What time took out stays out: that need not be written to be true. */
  #undo(now: number): void {
    this.#core.undo();
    this.#expiring = this.#core.sweep(now);
  }

  #load(): void {
    const { relays, parties, peers } = this.#file.open(this.#parts.now());
    for (const [key, row] of relays) this.#core.roll.rows.set(key, row);
    for (const [key, row] of parties) this.#core.book.parties.set(key, row);
    for (const [key, row] of peers) this.#core.book.peers.set(key, row);
    this.#core.keep();
  }

  #report(problem: string | null): void {
    if (problem !== null && this.#problem === null) {
      this.#parts.log("error", "the registry cannot be written and refuses changes", {
        reason: problem,
      });
    } else if (problem === null && this.#problem !== null) {
      this.#parts.log("info", "the registry can be written again", {});
    }
    this.#problem = problem;
  }

  #changes(): StoreChanges {
    const { roll, book } = this.#core;
    return {
      relays: roll.rows.changes(),
      parties: book.parties.changes(),
      peers: book.peers.changes(),
    };
  }

  #everything(): StoreChanges {
    const { roll, book } = this.#core;
    return {
      relays: roll.rows.entries(),
      parties: book.parties.entries(),
      peers: book.peers.entries(),
    };
  }
}

function sentence({ message }: StoreTrouble): string {
  return `The registry cannot be written just now: ${message}.`;
}
