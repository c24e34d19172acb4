/** Which request targets are understood: a plain path that means the same to everybody, and a query. */
import { Problem } from "./problem.ts";

/** Longer than any path of ours with a fingerprint or room name in it. */
const MAX_TARGET = 2_048;

/** Encoded control characters, dots, slashes and backslashes: ways to write a path that is read differently elsewhere. */
const TRICKS = /%(?:[01][0-9a-f]|2e|2f|5c|7f)/i;

/** Throws `Problem` for whole URLs, `*`, dot segments, encoded separators and bytes that are no UTF-8. */
export function checkTarget(target: string): void {
  if (target.length > MAX_TARGET) throw new Problem("target_too_long");
  const [path = ""] = target.split("?", 1);
  const plain = /^(?:\/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)+$/.test(path) && !path.includes("//") &&
    !TRICKS.test(path) && !path.split("/").some((segment) => segment === "." || segment === "..");
  if (!plain || target.includes("#") || !decodes(path) || !decodes(target)) {
    throw new Problem("bad_target");
  }
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
