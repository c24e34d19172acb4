/** Socket addresses as configuration values. */
import { parseSocketAddress, type SocketAddress } from "../../proto/socket_address.ts";
import { type Reading, textual, type ValueType, wrong } from "./value_types.ts";

/** Where to listen; an empty `ip` means every address, IPv4 and IPv6. */
export type ListenAddress = SocketAddress;

const LISTEN_EXPECTED =
  '"ip:port" such as "0.0.0.0:4433" or "[::1]:4433", or ":port" for every address';
const PUBLIC_EXPECTED = 'the "ip:port" others connect to, such as "203.0.113.5:4433"';

/** `ip:port`, or `:port` for every address. Port 0 lets the system choose. */
export const listenAddress: ValueType<ListenAddress> = textual({
  shape: "ip:port",
  expected: LISTEN_EXPECTED,
  read(raw) {
    if (typeof raw !== "string") return wrong(LISTEN_EXPECTED, raw);
    if (raw.startsWith(":") && !raw.startsWith("::")) {
      const port = parsePort(raw.slice(1));
      return port === null ? wrong(LISTEN_EXPECTED, raw) : { value: { ip: "", port } };
    }
    return orWrong(parseSocketAddress(raw), LISTEN_EXPECTED, raw);
  },
  raw: printAddress,
});

/** The `ip:port` others reach us at: never a wildcard, never port 0. */
export const publicAddress: ValueType<SocketAddress> = textual({
  shape: "ip:port",
  expected: PUBLIC_EXPECTED,
  read(raw) {
    const address = typeof raw === "string" ? parseSocketAddress(raw) : null;
    const usable = address && address.port > 0 && address.ip !== "0.0.0.0" && address.ip !== "::";
    return orWrong(usable ? address : null, PUBLIC_EXPECTED, raw);
  },
  raw: printAddress,
});

function orWrong(
  value: SocketAddress | null,
  expected: string,
  raw: unknown,
): Reading<SocketAddress> {
  return value ? { value } : wrong(expected, raw);
}

/** The text `listen_addr` is written as; `:port` when the ip is empty. */
export function printAddress({ ip, port }: SocketAddress): string {
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function parsePort(text: string): number | null {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : null;
}
