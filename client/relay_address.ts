/** Turns what a person types for a relay (`host`, `host:port`, `[v6]:port`, `:port`) into a socket address. */
import { lookup } from "node:dns/promises";
import { canonicalIp, type SocketAddress } from "../proto/socket_address.ts";
import { ClientError } from "./errors.ts";

/** The port relays listen on unless told otherwise. */
export const DEFAULT_PORT = 4433;

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Splits the text; an empty host means this machine. Throws `ClientError` for text that cannot be an address. */
export function parseRelayAddress(text: string): HostAndPort {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(text);
  const plain = /^([^:\[\]\s]*)(?::(\d{1,5}))?$/.exec(text);
  const bareV6 = text.includes(":") ? canonicalIp(text) : null;
  const host = bareV6 ?? (bracketed ? canonicalIp(bracketed[1]!) : plain?.[1]) ?? null;
  const port = Number((bareV6 === null ? (bracketed ?? plain)?.[2] : null) ?? DEFAULT_PORT);
  if (host === null || text === "" || port < 1 || port > 65535) {
    throw new ClientError(
      "usage",
      `"${text}" is not a relay address; give host:port, for example 127.0.0.1:4433.`,
    );
  }
  return { host: host === "" ? "127.0.0.1" : host, port };
}

/** Looks the host up; the first address the system prefers wins. */
export async function resolveRelayAddress(text: string): Promise<SocketAddress> {
  const { host, port } = parseRelayAddress(text);
  try {
    return { ip: (await lookup(host)).address, port };
  } catch {
    throw new ClientError(
      "unresolved",
      `The name "${host}" cannot be resolved; check the spelling or give an IP address.`,
    );
  }
}
