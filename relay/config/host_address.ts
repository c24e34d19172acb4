/** Where another relay is, by IP address or by name, as a configuration value. */
import { canonicalIp } from "../../proto/socket_address.ts";
import { textual, type ValueType, wrong } from "./value_types.ts";

/** `host` is a canonical IP address or a lower-case name. */
export interface HostAddress {
  readonly host: string;
  readonly port: number;
}

const EXPECTED =
  'an "ip:port" or "name:port" such as "192.0.2.7:4433", "[2001:db8::7]:4433" or "relay.example.org:4433"';

/** An address to dial: a host that may be a name, and a port above 0. */
export const hostAddress: ValueType<HostAddress> = textual({
  shape: "host:port",
  expected: EXPECTED,
  read(raw) {
    const value = typeof raw === "string" ? parse(raw) : null;
    return value === null ? wrong(EXPECTED, raw) : { value };
  },
  raw: formatHostAddress,
});

/** The one text of an address: two that are the same have the same. */
export function formatHostAddress({ host, port }: HostAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function parse(text: string): HostAddress | null {
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})$/.exec(text);
  if (parts === null) return null;
  const [, v6, name, port] = parts;
  const host = v6 === undefined ? hostName(name!) : v6.includes(":") ? canonicalIp(v6) : null;
  const number = Number(port);
  return host === null || number < 1 || number > 65535 ? null : { host, port: number };
}

/** A name or IPv4 address. What ends in a number is meant as an address, and must be one. */
function hostName(text: string): string | null {
  const name = text.toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  if (/^[0-9]+$/.test(labels.at(-1)!)) return canonicalIp(text);
  const good = name.length <= 253 &&
    labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label));
  return good ? name : null;
}
