/** A field that narrows a list. */
import type { Signal } from "@preact/signals";
import { Icon } from "./icon.tsx";

export function Search(props: { readonly query: Signal<string>; readonly label: string }) {
  return (
    <label class="search">
      <span class="unseen">{props.label}</span>
      <Icon name="search" />
      <input
        type="search"
        placeholder={props.label}
        value={props.query.value}
        onInput={(event) => props.query.value = event.currentTarget.value}
      />
    </label>
  );
}
