/** How people and relays are named on the page. */
import { mesh } from "../store.ts";
import { short } from "../model/format.ts";

/** The alias if there is one; a fingerprint is what cannot be made up, so it always stands beside. */
export function Person(props: { readonly alias: string | null; readonly fingerprint: string }) {
  return (
    <span class="person">
      {props.alias === null || props.alias === ""
        ? <span class="soft">no alias</span>
        : <bdi class="alias">{props.alias}</bdi>}
    </span>
  );
}

export function Fingerprint({ value }: { readonly value: string }) {
  return <code class="fingerprint" title={value}>{short(value)}</code>;
}

/** What a relay is called, or the beginning of its key. */
export function relayName(key: string): string {
  return mesh.value?.relays.find(({ relay }) => relay === key)?.label || key.slice(0, 8);
}
