/** Keys for asking who may come in. */
import { key, type Schema } from "../schema.ts";
import { number, optional } from "../value_types.ts";
import { webUrl } from "../web_url.ts";

export const authKeys = {
  auth_url: key({
    type: optional(webUrl),
    default: null,
    reason: "without a service everybody may come in, and is who their key says",
    help: "Web service that says whether a client's token is good. While it cannot be reached " +
      "nobody new comes in. Use https unless it runs on this machine.",
    flag: "--auth-url",
    // Services are often given a key in the query, or somebody tries a password in front of the host.
    secret: true,
    reload: true,
    sample: "https://chat.example.org/v1/auth/validate",
  }),
  auth_cache: key({
    type: number({ shape: "seconds", min: 0, max: 3_600 }),
    default: 30,
    unit: "seconds",
    reason: "covers reconnecting and joining a call, and a withdrawn token is refused soon enough",
    help: "How long a good token is good without asking the service again. 0 asks every time. " +
      "Refusals are never remembered.",
    reload: true,
  }),
} as const satisfies Schema;
