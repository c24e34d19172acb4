/** What the log is told when the server opens for everybody, and the tokens that open it. */
import { formatSocketAddress, type SocketAddress } from "../relay/ports/addresses.ts";
import type { AdminHost } from "../relay/ports/admin.ts";
import { isLoopbackIp } from "./guard/host_header.ts";
import { openTokenFile } from "./guard/token_file.ts";
import type { Tokens } from "./guard/tokens.ts";

/** Throws `StartError` when there is no usable token. */
export function greet(
  host: Pick<AdminHost, "log" | "settings" | "random">,
  addresses: readonly SocketAddress[],
): Tokens {
  const { path, created, tokens } = openTokenFile(host);
  for (const address of addresses) host.log.info("http", { addr: formatSocketAddress(address) });
  host.log.info(created ? "admin token generated" : "admin token loaded", { path });
  const { behindTls } = host.settings();
  if (!behindTls && addresses.some(({ ip }) => !isLoopbackIp(ip))) {
    host.log.warn(
      "HTTP can be reached from elsewhere without encryption. Put a proxy with TLS in front " +
        "of it and set behind_tls, or listen on loopback only",
    );
  }
  return tokens;
}
