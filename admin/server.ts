/** The HTTP server: takes its ports, says 503 until the relay is there, then answers with the site. */
import type { Server } from "node:http";
import { formatSocketAddress } from "../relay/ports/addresses.ts";
import type { Admin, AdminHost, AdminSettings } from "../relay/ports/admin.ts";
import { Admission } from "./admission.ts";
import { buildApp, type Routes } from "./app.ts";
import { answer, type Site } from "./bridge.ts";
import { createEdge } from "./edge.ts";
import { Guard } from "./guard/guard.ts";
import { isLoopbackIp } from "./guard/host_header.ts";
import { openTokenFile } from "./guard/token_file.ts";
import { listenSomewhere } from "./listen.ts";

/** Rejects with StartError when the ports cannot be had. */
export async function openServer(
  settings: Pick<AdminSettings, "listen" | "implied">,
  routes: readonly Routes[],
): Promise<Admin> {
  let site: Site | null = null;
  const admission = new Admission();
  const { servers, addresses } = await listenSomewhere(
    settings,
    () => createEdge(admission, (request, response) => void answer(request, response, site)),
  );
  return {
    addresses,
    serve(host) {
      if (addresses.length === 0) {
        if (settings.listen.length > 0) host.log.warn("no HTTP, this machine has no loopback");
        return;
      }
      const { path, created, tokens } = openTokenFile(host);
      site = { host, guard: new Guard(host, tokens), app: buildApp(host, routes) };
      for (const address of addresses) {
        host.log.info("http", { addr: formatSocketAddress(address) });
      }
      host.log.info(created ? "admin token generated" : "admin token loaded", { path });
      const { behindTls } = host.settings();
      if (!behindTls && addresses.some(({ ip }) => !isLoopbackIp(ip))) {
        host.log.warn(
          "HTTP can be reached from elsewhere without encryption. Put a proxy with TLS in front " +
            "of it and set behind_tls, or listen on loopback only",
        );
      }
    },
    close: async () => void await Promise.all(servers.map(closeServer)),
  };
}

/** Takes the ports and answers at once. */
export async function startAdmin(host: AdminHost, routes: readonly Routes[]): Promise<Admin> {
  const admin = await openServer(host.settings(), routes);
  try {
    admin.serve(host);
  } catch (error) {
    await admin.close();
    throw error;
  }
  return admin;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
