/** Keys for the HTTP server: where it listens, who may ask, what it shows. */
import { canonicalIp } from "../../../proto/socket_address.ts";
import { listenAddress, printAddress } from "../address.ts";
import { key, type Schema } from "../schema.ts";
import {
  boolean,
  distinct,
  list,
  number,
  oneOf,
  optional,
  path,
  type Problem,
  textual,
  type ValueType,
  wrong,
} from "../value_types.ts";

/** An empty `ip` means every address; a null `port` the one of `metrics_port`, or the number of the QUIC port. */
export interface HttpListen {
  readonly ip: string;
  readonly port: number | null;
}

const LISTEN_EXPECTED = 'an "ip:port" such as "127.0.0.1:9090", an IP address alone, ":port" for ' +
  'every address, or "off"';

/** Where to listen, or not at all. */
const listenOrOff: ValueType<HttpListen | "off"> = textual<HttpListen | "off">({
  shape: "ip:port|ip|off",
  expected: LISTEN_EXPECTED,
  read(raw) {
    if (raw === "off") return { value: raw };
    const ip = typeof raw === "string" ? canonicalIp(raw.replace(/^\[(.*)\]$/, "$1")) : null;
    if (ip !== null) return { value: { ip, port: null } };
    const reading = listenAddress.read(raw);
    return "value" in reading ? reading : wrong(LISTEN_EXPECTED, raw);
  },
  raw(value) {
    if (value === "off") return value;
    const { ip, port } = value;
    return port === null ? ip : printAddress({ ip, port });
  },
});

const NAME_EXPECTED = 'a host name or IP address without a port, such as "relay.example.org"';

/** As `Host` is compared: lower case, addresses in canonical text without brackets. */
const hostName: ValueType<string> = textual({
  shape: "name",
  expected: NAME_EXPECTED,
  read(raw) {
    if (typeof raw !== "string") return wrong(NAME_EXPECTED, raw);
    const bare = raw.replace(/^\[(.*)\]$/, "$1");
    if (bare.includes(":")) {
      const ip = canonicalIp(bare);
      return ip === null ? wrong(NAME_EXPECTED, raw) : { value: ip };
    }
    const name = raw.toLowerCase().replace(/\.$/, "");
    return /^[a-z0-9_.-]{1,253}$/.test(name) ? { value: name } : wrong(NAME_EXPECTED, raw);
  },
  raw: (value) => value,
});

/** Whether others than this machine can reach it. */
export function isExposed(listen: HttpListen | "off" | null): boolean {
  return listen !== null && listen !== "off" && listen.ip !== "::1" &&
    !listen.ip.startsWith("127.");
}

export const httpKeys = {
  http_listen: key({
    type: optional(listenOrOff),
    default: null,
    unset: "127.0.0.1 and ::1, port as --listen",
    reason: "relays on one machine do not collide, and nobody else can ask",
    help: "TCP address of the HTTP server with the API, the metrics and the console, or off. " +
      "Without a port it has that of metrics_port or the number of the QUIC port. Where others " +
      "than this machine can reach it, admin_token_file must be set.",
    flag: "--http-listen",
    reload: false,
    sample: "127.0.0.1",
    beside: (listen, other) => exposedWithoutToken(listen, other("admin_token_file")),
  }),
  metrics_port: key({
    type: optional(number({ shape: "port", min: 0, max: 65_535, whole: true })),
    default: null,
    unset: "as --listen",
    reason: "the HTTP server has the number of the QUIC port",
    help:
      "Port of the HTTP server, on 127.0.0.1 and ::1 unless http_listen names an address. That " +
      "must then be without a port.",
    flag: "--metrics-port",
    reload: false,
    sample: 9090,
    beside: (port, other) =>
      port === null ? [] : secondPort(other("http_listen") as HttpListen | "off" | null),
  }),
  admin_token_file: key({
    type: optional(path("file")),
    default: null,
    unset: "admin-token in the state directory",
    reason: "it is made at the first start",
    help:
      "File with the token that opens the HTTP server: 32 letters and digits or more. Further " +
      'lines hold further tokens, those that may only read with "read" before them. Only its ' +
      "owner may be able to read it.",
    flag: "--admin-token-file",
    reload: false,
    sample: "/etc/wzp-relay/admin-token",
  }),
  behind_tls: key({
    type: boolean,
    default: false,
    reason: "the relay cannot know, and a token sent without encryption can be read on the way",
    help: "Says that a proxy with TLS stands in front of the HTTP server, so there is no warning.",
    reload: false,
  }),
  http_hosts: key({
    type: distinct(list(hostName), (name) => name),
    default: [],
    reason: "localhost and the address that was reached are known",
    help: "Names by which browsers and programs call the HTTP server. Requests that name another " +
      "host are refused, which keeps pages of other sites from asking it.",
    reload: true,
    sample: ["relay.example.org"],
  }),
  metrics_public: key({
    type: boolean,
    default: false,
    reason: "metrics say who talks how much",
    help: "Whether everybody who reaches the HTTP server may read /metrics without a token.",
    reload: true,
  }),
  session_metrics: key({
    type: oneOf("auto", "on", "off"),
    default: "auto",
    reason: "useful on a small relay, a burden on Prometheus with a large one",
    help: "Whether there are metrics for each session: auto while there are up to 500 sessions, " +
      "on always, off never.",
    reload: true,
  }),
} as const satisfies Schema;

function exposedWithoutToken(listen: HttpListen | "off" | null, file: unknown): Problem[] {
  if (!isExposed(listen) || file !== null) return [];
  return [{
    path: [],
    text: "can be reached from other machines, so admin_token_file (--admin-token-file) must " +
      "name the file with the token",
  }];
}

function secondPort(listen: HttpListen | "off" | null): Problem[] {
  if (listen === null || (listen !== "off" && listen.port === null)) return [];
  const why = listen === "off" ? "is off" : "has a port already";
  return [{ path: [], text: `cannot be used together with http_listen, which ${why}` }];
}
