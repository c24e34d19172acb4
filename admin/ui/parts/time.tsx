/** Times, and how long since. */
import { clock, duration, moment } from "../model/format.ts";
import { relayNow, tick } from "../store.ts";

/** Grows while one looks. */
export function Since({ at }: { readonly at: number }) {
  void tick.value;
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {duration((relayNow() - at) / 1_000)}
    </time>
  );
}

export function Clock({ at }: { readonly at: number }) {
  return <time dateTime={new Date(at).toISOString()} title={moment(at)}>{clock(at)}</time>;
}
