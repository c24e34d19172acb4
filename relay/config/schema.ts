/**
 * Every configuration key of the relay: the one source of types, defaults, validation, `--help`, the
 * example file and the reference. A key stands here only once it works.
 */
import { listenAddress, publicAddress } from "./address.ts";
import { logLevels } from "./log_levels.ts";
import { number, oneOf, optional, path, type Raw, type ValueType } from "./value_types.ts";

export interface Key<T> {
  readonly type: ValueType<T>;
  /** Raw value when nothing is given; null where the type is optional. */
  readonly default: Raw | null | DerivedDefault;
  readonly unit?: string;
  /** Why the default is what it is. */
  readonly reason: string;
  /** What the key does: one or two sentences. */
  readonly help: string;
  /** Long and short flag, with dashes. Secrets have none: other users can read command lines. */
  readonly flag?: string;
  readonly short?: string;
  /** True when SIGHUP applies a change, false when it needs a restart. */
  readonly reload: boolean;
  /** Never printed; the environment may name a file that holds it. */
  readonly secret?: boolean;
  /** Shown in the example file when the default is nothing. */
  readonly sample?: Raw;
}

/** A default that follows from other keys. */
export interface DerivedDefault {
  /** For readers. */
  readonly text: string;
  /** Gets the values of all keys without a derived default, by dotted name. */
  from(value: (name: string) => unknown): Raw;
}

export function isDerived(standard: Key<unknown>["default"]): standard is DerivedDefault {
  return typeof standard === "object" && standard !== null && "from" in standard &&
    typeof standard.from === "function";
}

/** A TOML table of keys. */
export interface Section<S extends Schema> {
  readonly keys: S;
}

export interface Schema {
  readonly [name: string]: Key<unknown> | Section<Schema>;
}

/** The configuration object of a schema. */
export type ConfigOf<S> = {
  readonly [N in keyof S]: S[N] extends Key<infer T> ? T
    : S[N] extends Section<infer K> ? ConfigOf<K>
    : never;
};

/** Lets the type of a key follow from its `type`. */
export function key<T>(definition: Key<T>): Key<T> {
  return definition;
}

/** One key with its place. */
export interface Entry {
  readonly path: readonly string[];
  /** Dotted, as error messages name it. */
  readonly name: string;
  /** Environment variable. */
  readonly variable: string;
  readonly key: Key<unknown>;
}

/** All keys of a schema, those of sections after the plain ones. */
export function entriesOf(schema: Schema, parents: readonly string[] = []): Entry[] {
  const plain: Entry[] = [];
  const nested: Entry[] = [];
  for (const [name, item] of Object.entries(schema)) {
    const path = [...parents, name];
    if ("keys" in item) nested.push(...entriesOf(item.keys, path));
    else {
      const variable = `WZP_${path.join("__").toUpperCase()}`;
      plain.push({ path, name: path.join("."), variable, key: item });
    }
  }
  return [...plain, ...nested];
}

/** The value at a path of a configuration object. */
export function valueAt(config: unknown, path: readonly string[]): unknown {
  return path.reduce((value, step) => (value as Record<string, unknown>)[step], config);
}

export const relaySchema = {
  listen_addr: key({
    type: listenAddress,
    default: ":4433",
    reason:
      "4433 is the port clients of the original relay try first, and both address families reach it",
    help:
      'UDP address to listen on. ":4433" stands for that port on all IPv4 and IPv6 addresses; ' +
      "port 0 lets the system choose one.",
    flag: "--listen",
    reload: false,
  }),
  identity_file: key({
    type: path("file"),
    default: "~/.wzp/relay-identity",
    reason: "where the original relay keeps it, so that an existing identity is found",
    help:
      "File with the secret this relay's identity and certificate follow from. Created when it is " +
      "missing, never overwritten.",
    flag: "--identity",
    short: "-i",
    reload: false,
  }),
  state_dir: key({
    type: path("directory"),
    default: {
      text: "<identity_file>.d/",
      from: (value) => `${value("identity_file")}.d`,
    },
    reason: "beside the identity, so that relays with identities of their own never share state",
    help: "Directory for everything else the relay keeps, and for the lock that stops two relays " +
      "from using one identity.",
    flag: "--state-dir",
    reload: false,
    sample: "~/.wzp/relay-identity.d",
  }),
  advertised_addr: key({
    type: optional(publicAddress),
    default: null,
    reason:
      "most relays can find out: the listening address, or the outbound address of the machine",
    help:
      "Address at which clients and other relays reach this relay. Set it behind NAT or a port " +
      "forwarding.",
    flag: "--advertised-addr",
    reload: false,
    sample: "203.0.113.5:4433",
  }),
  log_level: key({
    type: logLevels,
    default: "info",
    reason: "shows every connection and nothing per packet",
    help:
      "How much to log: error, warn, info or debug. Single areas can have a level of their own, " +
      'as in "info,quic=debug".',
    flag: "--log-level",
    reload: true,
  }),
  log_format: key({
    type: oneOf("pretty", "logfmt", "json"),
    default: "pretty",
    reason: "readable on a terminal, and the line shape scripts for the original relay know",
    help: "Shape of log lines.",
    flag: "--log-format",
    reload: true,
  }),
  log_addresses: key({
    type: oneOf("full", "masked"),
    default: "full",
    reason: "whoever looks for a fault needs them; choose masked where addresses are personal data",
    help: "Whether log lines show addresses of clients in full or without their last part.",
    flag: "--log-addresses",
    reload: true,
  }),
  log_file: key({
    type: optional(path("file")),
    default: null,
    reason: "service managers and containers collect standard output",
    help:
      "File to append log lines to instead of standard output. Opened again on SIGHUP, so that " +
      "logs can be rotated.",
    flag: "--log-file",
    reload: true,
    sample: "/var/log/wzp-relay.log",
  }),
  drain_timeout: key({
    type: number({ shape: "seconds", min: 0, max: 86_400 }),
    default: 30,
    unit: "seconds",
    reason: "time to end a sentence, and well below the 90 s after which systemd kills a service",
    help: "How long a stopping relay waits for rooms and calls to end before it closes them.",
    flag: "--drain-timeout",
    reload: true,
  }),
  max_handshakes: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 512,
    unit: "handshakes in progress",
    reason: "a connection costs about 58 KB, so a flood of unfinished ones stays near 30 MB",
    help: "Handshakes in progress at one time. Further clients are refused until one is done.",
    reload: true,
  }),
  max_handshakes_per_source: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 128,
    unit: "handshakes in progress",
    reason:
      "lets an office behind one address reconnect at once, and leaves three quarters to others",
    help: "Handshakes in progress at one time from one source: an IPv4 address, or an IPv6 /64.",
    reload: true,
  }),
  max_connections_per_source: key({
    type: number({ shape: "count", min: 1, max: 1_000_000, whole: true }),
    default: 1024,
    unit: "connections",
    reason: "generous, as hundreds of people can share one address of a company or mobile network",
    help:
      "Open connections from one source: an IPv4 address, or an IPv6 /64. Further ones are refused.",
    reload: true,
  }),
  handshake_timeout: key({
    type: number({ shape: "seconds", min: 1, max: 300 }),
    default: 15,
    unit: "seconds",
    reason: "desktop clients rightly keep a new call connection silent for up to about 6 s",
    help: "How long a client may take from its first packet to the end of the handshake.",
    reload: true,
  }),
} as const satisfies Schema;

/** The relay's configuration; each property is the TOML key of the same name, in the unit of the key. */
export type Config = ConfigOf<typeof relaySchema>;
