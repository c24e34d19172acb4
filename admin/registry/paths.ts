/** Which requests are of the registry: with a signature or a party's token, not the relay's, as what they are let in by. */

const ID = "[A-Za-z0-9_-]{1,128}";

/**
 * As they stand in the request, still encoded, so that nothing else can look like one of them. The list of all parties
 * is not among them: it is for operators.
 */
const REQUESTS: readonly (readonly [method: string, path: RegExp])[] = [
  ["GET", /^\/relays(?:\/[^/\s]+)?$/],
  ["POST", /^\/relays$/],
  ["DELETE", new RegExp(`^/relays/${ID}$`)],
  ["POST", /^\/parties$/],
  ["DELETE", new RegExp(`^/parties/${ID}$`)],
  ["POST", new RegExp(`^/parties/${ID}/join$`)],
  ["GET", new RegExp(`^/parties/${ID}/peers$`)],
  ["POST", new RegExp(`^/parties/${ID}/peers/${ID}/(?:heartbeat|leave)$`)],
];

/** Takes the path without the query. */
export function isRegistryRequest(method: string, path: string): boolean {
  const asked = method === "HEAD" ? "GET" : method;
  return REQUESTS.some(([of, pattern]) => of === asked && pattern.test(path));
}
