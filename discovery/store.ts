/** The registry's rows in an SQLite file: read once when it is opened, then only written. */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { PartyRow, PeerRow } from "./party_book.ts";
import type { RelayRow } from "./relay_roll.ts";
import { checkLog, fileNumber, prepareFile } from "./store_file.ts";
import { MIGRATIONS, PARTY_ROWS, PEER_ROWS, RELAY_ROWS, type RowForm } from "./store_rows.ts";
import { StoreTrouble, troubleOf } from "./store_trouble.ts";

/** Keys with what stands there now; undefined for what is gone. */
type Changes<Row> = Iterable<readonly [key: string, row: Row | undefined]>;

export interface StoreChanges {
  readonly relays: Changes<RelayRow>;
  readonly parties: Changes<PartyRow>;
  readonly peers: Changes<PeerRow>;
}

export interface StoredRows {
  readonly relays: readonly (readonly [string, RelayRow])[];
  readonly parties: readonly (readonly [string, PartyRow])[];
  readonly peers: readonly (readonly [string, PeerRow])[];
}

interface Writer<Row> {
  readonly form: RowForm<Row>;
  readonly put: StatementSync;
  readonly remove: StatementSync;
}

export class Store {
  readonly path: string;
  readonly #database: DatabaseSync;
  readonly #relays: Writer<RelayRow>;
  readonly #parties: Writer<PartyRow>;
  readonly #peers: Writer<PeerRow>;
  readonly #number: string | null;

  /** Throws `StoreTrouble`. The file is made when it is missing. */
  static open(path: string): Store {
    let database: DatabaseSync | null = null;
    try {
      if (prepareFile(path)) checkLog(path);
      database = new DatabaseSync(path);
      return new Store(path, database);
    } catch (error) {
      database?.close();
      throw troubleOf(error);
    }
  }

  private constructor(path: string, database: DatabaseSync) {
    this.path = path;
    this.#database = database;
    database.exec("PRAGMA busy_timeout = 2000");
    const [verdict] = database.prepare("PRAGMA quick_check(1)").all();
    const words = Object.values(verdict ?? {})[0];
    if (words !== "ok") throw new StoreTrouble("damaged", String(words));
    this.#migrate();
    this.#relays = this.#writer(RELAY_ROWS);
    this.#parties = this.#writer(PARTY_ROWS);
    this.#peers = this.#writer(PEER_ROWS);
    // Not before it is known that this is ours. A commit survives the end of the process at once, and a power cut with
    // the next checkpoint.
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    this.#number = fileNumber(path);
  }

  /** Everything in it. Throws `StoreTrouble`. */
  load(): StoredRows {
    try {
      return {
        relays: this.#rows(RELAY_ROWS),
        parties: this.#rows(PARTY_ROWS),
        peers: this.#rows(PEER_ROWS),
      };
    } catch (error) {
      throw troubleOf(error);
    }
  }

  /** All of it or nothing; with `anew`, in place of what was there. Throws `StoreTrouble`. */
  save(changes: StoreChanges, anew = false): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      if (anew) this.#database.exec("DELETE FROM relays; DELETE FROM parties; DELETE FROM peers");
      write(this.#relays, changes.relays);
      write(this.#parties, changes.parties);
      write(this.#peers, changes.peers);
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#rollBack();
      throw troubleOf(error);
    }
  }

  /** Whether the name still leads to the file that is written. */
  get inPlace(): boolean {
    return fileNumber(this.path) === this.#number;
  }

  close(): void {
    this.#database.close();
  }

  #migrate(): void {
    const [row] = this.#database.prepare("PRAGMA user_version").all();
    const version = Number(row?.user_version);
    if (version > MIGRATIONS.length) {
      throw new StoreTrouble(
        "newer",
        `it has version ${version} and this program knows up to ${MIGRATIONS.length}`,
      );
    }
    for (const [index, sql] of MIGRATIONS.entries()) {
      if (index < version) continue;
      this.#database.exec(`BEGIN IMMEDIATE; ${sql} PRAGMA user_version = ${index + 1}; COMMIT`);
    }
  }

  #writer<Row>(form: RowForm<Row>): Writer<Row> {
    const { table, columns } = form;
    const places = columns.map(() => "?").join(", ");
    return {
      form,
      put: this.#database.prepare(
        `INSERT OR REPLACE INTO ${table} (${columns.join(", ")}) VALUES (${places})`,
      ),
      remove: this.#database.prepare(`DELETE FROM ${table} WHERE ${columns[0]} = ?`),
    };
  }

  #rows<Row>({ table, columns, row, keyOf }: RowForm<Row>): [string, Row][] {
    const read = this.#database.prepare(`SELECT ${columns.join(", ")} FROM ${table}`);
    return read.all().map((found) => {
      const read = row(found);
      return [keyOf(read), read];
    });
  }

  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // SQLite has done so by itself after what is wrong with the disk.
    }
  }
}

function write<Row>({ form, put, remove }: Writer<Row>, changes: Changes<Row>): void {
  for (const [key, row] of changes) {
    if (row === undefined) remove.run(key);
    else put.run(...form.values(row));
  }
}
