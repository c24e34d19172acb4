/** Something that is asked for once and may be asked for again. */
import { type Signal, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { ApiError, sentenceOf, token } from "../api.ts";
import { connection } from "../connection.ts";

export type Loaded<Value> =
  | { readonly state: "loading" }
  | { readonly state: "ready"; readonly value: Value }
  | { readonly state: "failed"; readonly sentence: string };

export interface Loader<Value> {
  readonly state: Signal<Loaded<Value>>;
  readonly load: () => void;
}

/**
 * Loads when the view opens, when the token changes and when the relay is back, and every `everyMs` where given. What
 * was there stays until there is something newer.
 */
export function useLoaded<Value>(
  load: () => Promise<Value>,
  key: string,
  everyMs?: number,
): Loader<Value> {
  const state = useMemo(() => signal<Loaded<Value>>({ state: "loading" }), [key]);
  const reload = useMemo(() => () => {
    load().then(
      (value) => state.value = { state: "ready", value },
      (error) => {
        const hidden = error instanceof ApiError && error.needsToken;
        if (state.peek().state !== "ready" || hidden) {
          state.value = { state: "failed", sentence: sentenceOf(error) };
        }
      },
    );
  }, [key]);
  const live = connection.value.state === "live";
  useEffect(() => {
    reload();
    if (everyMs === undefined) return;
    const timer = setInterval(() => document.hidden || reload(), everyMs);
    return () => clearInterval(timer);
  }, [key, token.value, live]);
  return { state, load: reload };
}
