/** Turns what a person types for a relay (`host`, `host:port`, `[v6]:port`, `:port`) into a socket address. */
import { lookup } from "node:dns/promises";
import type { SocketAddress } from "../proto/socket_address.ts";
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
  const bare = text.split(":").length > 2 && /^[0-9a-f:.]+$/i.test(text);
  const match = bracketed ?? plain;
  const port = bare ? DEFAULT_PORT : Number(match?.[2] ?? DEFAULT_PORT);
  const host = bare ? text : match?.[1];
  if (host === undefined || text === "" || port < 1 || port > 65535) {
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
