/** Takes the addresses to listen on, all of them or none, and says what stands in the way. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { formatSocketAddress, type SocketAddress } from "../relay/ports/addresses.ts";
import type { AdminSettings } from "../relay/ports/admin.ts";
import { EXIT_CANNOT_BIND, reasonOf, StartError } from "../relay/ports/start_error.ts";

/** How often a free port is looked for that both address families have. */
const PORT_ATTEMPTS = 8;
const BACKLOG = 511;

export interface Listening {
  readonly servers: readonly Server[];
  readonly addresses: readonly SocketAddress[];
}

/**
 * Rejects with StartError. An address of a family that this machine does not have is left out when there is another.
 * Where the port is 0, the same free port is taken for all when that can be. A machine without loopback gets none, unless
 * it was asked for.
 */
export async function listenOn(
  { listen, implied }: Pick<AdminSettings, "listen" | "implied">,
  create: () => Server,
): Promise<Listening> {
  const servers: Server[] = [];
  const addresses: SocketAddress[] = [];
  let missing: unknown = null;
  try {
    for (const { ip, port } of listen) {
      const wanted = port === 0 ? addresses[0]?.port ?? 0 : port;
      try {
        const server = await open(create, { ip, port: wanted });
        servers.push(server);
        addresses.push({ ip, port: (server.address() as AddressInfo).port });
      } catch (error) {
        // Usually the socket for all IPv6 addresses takes IPv4 as well, and so has this port itself.
        if (ip === "0.0.0.0" && addresses.some((taken) => taken.ip === "::")) continue;
        if (isAbsent(error) && listen.length > 1) missing = error;
        else throw explained({ ip, port: wanted }, implied, error);
      }
    }
    const [first] = listen;
    if (servers.length === 0 && first !== undefined && !implied) {
      throw explained(first, implied, missing);
    }
    return { servers, addresses };
  } catch (error) {
    await Promise.all(servers.map(closed));
    throw error;
  }
}

/** As `listenOn`, and where the port is free to choose, with several tries for one that all have. */
export async function listenSomewhere(
  settings: Pick<AdminSettings, "listen" | "implied">,
  create: () => Server,
): Promise<Listening> {
  const free = settings.listen.some(({ port }) => port === 0);
  for (let attempt = 1;; attempt += 1) {
    try {
      return await listenOn(settings, create);
    } catch (error) {
      const taken = error instanceof StartError && error.code === "http_address_in_use";
      if (!free || !taken || attempt >= PORT_ATTEMPTS) throw error;
    }
  }
}

function open(create: () => Server, { ip, port }: SocketAddress): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = create();
    server.once("error", reject);
    server.listen({ host: ip, port, backlog: BACKLOG }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

/** Deno says EINVAL of an address that is not there, and various things of a family that is not. */
function isAbsent(error: unknown): boolean {
  return !["EADDRINUSE", "EACCES", "EPERM"].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function explained(address: SocketAddress, implied: boolean, error: unknown): StartError {
  const where = formatSocketAddress(address);
  const advice = "another address with --http-listen, or --http-listen off";
  if (codeOf(error) !== "EADDRINUSE") {
    return new StartError(
      "http_cannot_bind",
      `Cannot listen for HTTP on ${where}: ${why(error)}. Choose ${advice}`,
      EXIT_CANNOT_BIND,
    );
  }
  const follows = implied ? ", which follows from the QUIC port. Choose" : ". Stop it, or choose";
  return new StartError(
    "http_address_in_use",
    `Cannot listen for HTTP on ${where}: another program has this TCP port${follows} ${advice}`,
    EXIT_CANNOT_BIND,
  );
}

function why(error: unknown): string {
  const absent = ["EADDRNOTAVAIL", "EINVAL"].includes(codeOf(error));
  return absent ? "this machine does not have the address" : reasonOf(error);
}
