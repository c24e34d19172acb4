/** The tables of a registry's file, and its rows as they are written and read. */
import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import { parseRelayRecord } from "../proto/registry_record.ts";
import type { PartyRow, PeerRow } from "./party_book.ts";
import { readPeer } from "./party_forms.ts";
import type { RelayRow } from "./relay_roll.ts";
import { StoreTrouble } from "./store_trouble.ts";

/** From no table at all to the present ones; `user_version` says how many of these were done. Only ever appended to. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE relays (
    fingerprint TEXT PRIMARY KEY, issued_at INTEGER NOT NULL, heard_at INTEGER NOT NULL,
    source TEXT NOT NULL, record TEXT
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE parties (
    party TEXT PRIMARY KEY, name TEXT, token TEXT NOT NULL, created_at INTEGER NOT NULL,
    empty_since INTEGER, source TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE peers (
    id TEXT PRIMARY KEY, party TEXT NOT NULL, peer TEXT NOT NULL, token TEXT NOT NULL,
    heard_at INTEGER NOT NULL, form TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;`,
];

type SqlRow = Readonly<Record<string, SQLOutputValue>>;

/** How the rows of a table are kept; the first column is the key. */
export interface RowForm<Row> {
  readonly table: string;
  readonly columns: readonly string[];
  values(row: Row): SQLInputValue[];
  /** Throws `StoreTrouble` for what no registry wrote. */
  row(columns: SqlRow): Row;
  keyOf(row: Row): string;
}

export const RELAY_ROWS: RowForm<RelayRow> = {
  table: "relays",
  columns: ["fingerprint", "issued_at", "heard_at", "source", "record"],
  values: ({ fingerprint, issuedAt, heardAt, source, record }) => [
    fingerprint,
    issuedAt,
    heardAt,
    source,
    record === null ? null : JSON.stringify(record),
  ],
  row(columns) {
    const fingerprint = textOf(columns, "fingerprint");
    const record = columns.record === null
      ? null
      : parseRelayRecord(jsonOf(textOf(columns, "record"), "relays"));
    if (typeof record === "string") throw strange("relays", record);
    if (record !== null && record.tls_fingerprint !== fingerprint) {
      throw strange("relays", "a record under another key");
    }
    return {
      fingerprint,
      record,
      issuedAt: numberOf(columns, "issued_at"),
      heardAt: numberOf(columns, "heard_at"),
      source: textOf(columns, "source"),
    };
  },
  keyOf: ({ fingerprint }) => fingerprint,
};

export const PARTY_ROWS: RowForm<PartyRow> = {
  table: "parties",
  columns: ["party", "name", "token", "created_at", "empty_since", "source"],
  values: ({ party, name, token, createdAt, emptySince, source }) => [
    party,
    name,
    token,
    createdAt,
    emptySince,
    source,
  ],
  row: (columns) => ({
    party: textOf(columns, "party"),
    name: columns.name === null ? null : textOf(columns, "name"),
    token: hashOf(columns),
    createdAt: numberOf(columns, "created_at"),
    emptySince: columns.empty_since === null ? null : numberOf(columns, "empty_since"),
    source: textOf(columns, "source"),
  }),
  keyOf: ({ party }) => party,
};

export const PEER_ROWS: RowForm<PeerRow> = {
  table: "peers",
  columns: ["id", "party", "peer", "token", "heard_at", "form"],
  values: ({ party, peer, token, heardAt, ...form }) => [
    `${party}/${peer}`,
    party,
    peer,
    token,
    heardAt,
    JSON.stringify(form),
  ],
  row(columns) {
    const form = readPeer(jsonOf(textOf(columns, "form"), "peers"));
    if (typeof form === "string") throw strange("peers", form);
    return {
      ...form,
      party: textOf(columns, "party"),
      peer: textOf(columns, "peer"),
      token: hashOf(columns),
      heardAt: numberOf(columns, "heard_at"),
    };
  },
  keyOf: ({ party, peer }) => `${party}/${peer}`,
};

function textOf(columns: SqlRow, name: string): string {
  const value = columns[name];
  if (typeof value !== "string") throw strange(name, "no text");
  return value;
}

function numberOf(columns: SqlRow, name: string): number {
  const value = columns[name];
  if (typeof value !== "number" || value < 0) throw strange(name, "no time");
  return value;
}

function hashOf(columns: SqlRow): string {
  const hash = textOf(columns, "token");
  if (!/^[0-9a-f]{64}$/.test(hash)) throw strange("token", "no SHA-256");
  return hash;
}

function jsonOf(text: string, table: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw strange(table, "no JSON");
  }
}

function strange(where: string, what: string): StoreTrouble {
  return new StoreTrouble("damaged", `${where} holds ${what}`);
}
