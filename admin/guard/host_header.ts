/** The name by which a request calls this server: a page of another site cannot choose it (DNS rebinding). */
import { canonicalIp, type SocketAddress } from "../../relay/ports/addresses.ts";

/** What `Host` said. */
export interface NamedHost {
  /** Lower case, an address in canonical text without brackets. */
  readonly name: string;
  readonly port: number;
}

const HTTP_PORT = 80;

/** Null for what is no host. */
export function parseHost(text: string): NamedHost | null {
  const parts = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+))(?::([0-9]{1,5}))?$/.exec(text);
  if (parts === null) return null;
  const [, v6, plain, port = String(HTTP_PORT)] = parts;
  const name = v6 === undefined
    ? plain!.toLowerCase().replace(/\.$/, "")
    : v6.includes(":")
    ? canonicalIp(v6)
    : null;
  if (name === null || name === "" || Number(port) > 65_535) return null;
  return { name, port: Number(port) };
}

/** Whether this names the machine itself, whatever a name server says. */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || isLoopbackIp(name);
}

/** Takes canonical text. */
export function isLoopbackIp(ip: string): boolean {
  return ip === "::1" || (ip.startsWith("127.") && canonicalIp(ip) === ip);
}

/** Whether the server answers to this name: loopback, the address that was reached, or one the operator named. */
export function isOwnName(
  { name }: NamedHost,
  local: SocketAddress,
  named: readonly string[],
): boolean {
  return isLoopbackName(name) || name === local.ip || named.includes(name);
}
