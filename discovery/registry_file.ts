/** The file of a registry through everything that can happen to it: damaged, full, taken away, or exchanged. */
import type { Store, StoreChanges, StoredRows } from "./store.ts";
import { fileNumber, setAside } from "./store_file.ts";
import { StoreTrouble, troubleOf } from "./store_trouble.ts";

/** What is needed of a `Store`. */
export type RegistryStore = Pick<Store, "load" | "save" | "inPlace" | "close">;

export type WorkerLog = (
  level: "info" | "warn" | "error",
  message: string,
  fields: Readonly<Record<string, string | number>>,
) => void;

/** As often as the file is found damaged, a new one is begun; a disk that does it more often is not one to fill. */
const MAX_SET_ASIDE = 8;

export class RegistryFile {
  readonly #path: string;
  readonly #openStore: (path: string) => RegistryStore;
  readonly #log: WorkerLog;
  #store: RegistryStore | null = null;
  #setAside: string | null = null;
  #timesSetAside = 0;

  constructor(path: string, openStore: (path: string) => RegistryStore, log: WorkerLog) {
    this.#path = path;
    this.#openStore = openStore;
    this.#log = log;
  }

  /** Where a damaged one went last; null when there was none. */
  get setAside(): string | null {
    return this.#setAside;
  }

  /** What is in it; nothing in one that had to be set aside. Throws `StoreTrouble`. */
  open(now: number): StoredRows {
    try {
      return this.#load();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble.kind !== "damaged") throw trouble;
      try {
        this.#putAside(trouble, now);
        return this.#load();
      } catch (second) {
        const { message } = troubleOf(second);
        throw new StoreTrouble(
          "unavailable",
          `it is damaged (${trouble.message}) and cannot be set aside: ${message}`,
        );
      }
    }
  }

  /** All of the changes or, with the answer, none. `everything` is for a new file, where one is due. */
  write(changes: StoreChanges, everything: () => StoreChanges, now: number): StoreTrouble | null {
    try {
      if (this.#store === null || !this.#store.inPlace) this.#replace(everything(), now);
      else this.#store.save(changes);
      return null;
    } catch (error) {
      const trouble = troubleOf(error);
      return trouble.kind === "damaged" ? this.#writeAnew(trouble, everything(), now) : trouble;
    }
  }

  close(): void {
    this.#store?.close();
    this.#store = null;
  }

  #load(): StoredRows {
    const store = this.#openStore(this.#path);
    try {
      const rows = store.load();
      const parties = new Set(rows.parties.map(([party]) => party));
      if (rows.peers.some(([, { party }]) => !parties.has(party))) {
        throw new StoreTrouble("damaged", "peers holds one of a party that is not there");
      }
      this.#store = store;
      return rows;
    } finally {
      if (this.#store === null) store.close();
    }
  }

  /** The file was taken away. What an operator has put there instead is not written over. */
  #replace(everything: StoreChanges, now: number): void {
    if (this.#store !== null && fileNumber(this.#path) !== null) {
      this.#putAside(new StoreTrouble("damaged", "another file took its place"), now);
    }
    this.#renew(everything);
  }

  /** Memory has all that was ever confirmed, so nothing is lost with a file that went bad. */
  #writeAnew(trouble: StoreTrouble, everything: StoreChanges, now: number): StoreTrouble | null {
    try {
      this.#putAside(trouble, now);
      this.#renew(everything);
      return null;
    } catch (error) {
      return troubleOf(error);
    }
  }

  #renew(everything: StoreChanges): void {
    this.close();
    const store = this.#openStore(this.#path);
    try {
      store.save(everything, true);
      this.#store = store;
    } finally {
      if (this.#store === null) store.close();
    }
  }

  #putAside(trouble: StoreTrouble, now: number): void {
    this.close();
    if (this.#timesSetAside >= MAX_SET_ASIDE) {
      throw new StoreTrouble("unavailable", `it was damaged ${MAX_SET_ASIDE} times`);
    }
    this.#timesSetAside += 1;
    this.#setAside = setAside(this.#path, now);
    this.#log("error", "the registry file is damaged and was set aside, a new one is begun", {
      reason: trouble.message,
      set_aside: this.#setAside,
    });
  }
}
