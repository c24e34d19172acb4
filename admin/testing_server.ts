/** The HTTP server of a made-up relay, in the thread of whoever tests it. */
import type { Routes } from "./app.ts";
import { greet } from "./greeting.ts";
import { openServer, type Server } from "./server.ts";
import type { SiteHost } from "./site_host.ts";

/** Takes the ports and answers at once. */
export async function startAdmin(host: SiteHost, routes: readonly Routes[]): Promise<Server> {
  const server = await openServer(host.settings(), routes);
  try {
    server.serve(host, greet(host, server.addresses));
  } catch (error) {
    await server.close();
    throw error;
  }
  return server;
}
