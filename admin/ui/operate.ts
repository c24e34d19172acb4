/** What an operator may do: each action says what came of it, and asks for the token where it is missing. */
import { signal } from "@preact/signals";
import { notify } from "./announce.ts";
import { ApiError, post, sentenceOf } from "./api.ts";
import type { Outcome } from "./model/shapes.ts";

/** Whether the page asks for the token, and why. */
export const askingToken = signal<{ readonly why: string } | null>(null);

/** Sends an operation; the answer tells whether it was done. */
export async function operate(
  path: string,
  body: unknown = {},
  method = "POST",
): Promise<boolean> {
  try {
    const outcome = await post<Outcome | null>(path, body, method);
    const ok = outcome?.ok !== false;
    notify(ok, outcome?.detail ?? "Done");
    return ok;
  } catch (error) {
    refused(error);
    return false;
  }
}

/** Shows why something was not done. */
export function refused(error: unknown): void {
  if (error instanceof ApiError && error.needsToken) {
    askingToken.value = { why: "This needs the relay's admin token." };
  } else notify(false, sentenceOf(error));
}
