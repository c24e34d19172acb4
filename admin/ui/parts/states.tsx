/** What stands where there is nothing to show: empty, loading, failed. */
import type { ComponentChildren } from "preact";

export function Empty(props: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{props.title}</p>
      {props.children}
    </div>
  );
}

export function Loading({ what }: { readonly what: string }) {
  return <p class="loading">Loading {what}&hellip;</p>;
}

export function Failed(props: { readonly sentence: string; readonly retry: () => void }) {
  return (
    <div class="empty">
      <p class="empty-title">This could not be loaded</p>
      <p>{props.sentence}</p>
      <p>
        <button type="button" onClick={props.retry}>Try again</button>
      </p>
    </div>
  );
}
