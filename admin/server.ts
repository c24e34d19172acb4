/** The HTTP server: takes its ports, says 503 until the relay is there, then answers with the site. */
import type { Server as NodeServer } from "node:http";
import type { SocketAddress } from "../relay/ports/addresses.ts";
import type { AdminSettings } from "../relay/ports/admin.ts";
import { Admission } from "./admission.ts";
import { buildApp, type Routes } from "./app.ts";
import { answer, type Site } from "./bridge.ts";
import { createEdge } from "./edge.ts";
import { Guard } from "./guard/guard.ts";
import type { Tokens } from "./guard/tokens.ts";
import { listenSomewhere } from "./listen.ts";
import type { SiteHost } from "./site_host.ts";

export interface Server {
  /** Where it listens; none on a machine without loopback, when nobody asked for it. */
  readonly addresses: readonly SocketAddress[];
  /** Answers from now on. */
  serve(host: SiteHost, tokens: Tokens): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Rejects with StartError when the ports cannot be had. */
export async function openServer(
  settings: Pick<AdminSettings, "listen" | "implied">,
  routes: readonly Routes[],
): Promise<Server> {
  let site: Site | null = null;
  const admission = new Admission();
  const { servers, addresses } = await listenSomewhere(
    settings,
    () => createEdge(admission, (request, response) => void answer(request, response, site)),
  );
  return {
    addresses,
    serve(host, tokens) {
      site = { host, guard: new Guard(host, tokens), app: buildApp(host, routes) };
    },
    close: async () => void await Promise.all(servers.map(closeServer)),
  };
}

function closeServer(server: NodeServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
