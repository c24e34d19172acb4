/** The thread of HTTP: its sockets, its limits and the site. It knows the relay from what the relay's thread tells it. */
import { workAfterVoice } from "../../relay/ports/after_voice.ts";
import { batchedPost } from "../../relay/ports/batched_post.ts";
import { type Clock, systemClock } from "../../relay/ports/clock.ts";
import { surviveFaults } from "../../relay/ports/faults.ts";
import { reasonOf, StartError } from "../../relay/ports/start_error.ts";
import { Tokens } from "../guard/tokens.ts";
import { ROUTES } from "../routes.ts";
import { openServer, type Server } from "../server.ts";
import type { FromHttp, FromRelay } from "./messages.ts";
import { Mirror } from "./mirror.ts";

/** A worker's global object, of which the program's own types know nothing. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<readonly FromRelay[]>) => void) | null;
  postMessage(messages: readonly FromHttp[]): void;
}

const scope = globalThis as unknown as WorkerScope;
const post = batchedPost<FromHttp>((messages) => scope.postMessage(messages));
let server: Server | null = null;
let mirror: Mirror | null = null;
let settings: Extract<FromRelay, { kind: "settings" }>["settings"];

scope.onmessage = ({ data }) => data.forEach(take);
workAfterVoice();
surviveFaults((error) => post({ kind: "fault", error }));
post({ kind: "ready" });

function take(message: FromRelay): void {
  switch (message.kind) {
    case "listen":
      void listen(message.settings);
      break;
    case "serve":
      void serve(message);
      break;
    case "settings":
      settings = message.settings;
      break;
    case "close":
      void Promise.resolve(server?.close()).then(() => post({ kind: "closed" }));
      break;
    default:
      mirror?.take(message);
  }
}

async function listen(where: Extract<FromRelay, { kind: "listen" }>["settings"]): Promise<void> {
  try {
    server = await openServer(where, ROUTES);
    post({ kind: "listening", addresses: server.addresses });
  } catch (error) {
    const { code, message, exitCode } = error instanceof StartError
      ? error
      : new StartError("http_cannot_bind", `Cannot serve HTTP: ${reasonOf(error)}`);
    post({ kind: "failed", code, message, exitCode });
  }
}

async function serve(start: Extract<FromRelay, { kind: "serve" }>): Promise<void> {
  settings = start.settings;
  const { facts, tokens, now } = start;
  mirror = new Mirror({ clock: clockAt(now), facts, settings: () => settings, post });
  // The site begins with them: its history of the last minutes has a first moment.
  await mirror.host.fresh("metrics", "links");
  server!.serve(mirror.host, new Tokens(tokens));
  post({ kind: "serving" });
}

/** A clock that agrees with the relay's, which shows this time at present. */
function clockAt(now: number): Clock {
  const offset = now - systemClock.now();
  return { ...systemClock, now: () => systemClock.now() + offset };
}
