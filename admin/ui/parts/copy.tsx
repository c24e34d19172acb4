/** A block of text to take away. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { announce } from "../announce.ts";
import { Icon } from "./icon.tsx";

export function CopyBlock(props: { readonly label: string; readonly text: string }) {
  const state = useSignal("Copy");
  const block = useRef<HTMLPreElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(props.text);
      state.value = "Copied";
    } catch {
      // Without TLS there is no clipboard away from loopback: it is marked, for the keyboard to copy.
      getSelection()?.selectAllChildren(block.current!);
      state.value = "Marked: press Ctrl+C";
    }
    announce([state.value]);
    setTimeout(() => state.value = "Copy", 3_000);
  };
  return (
    <div class="copy-block">
      <pre ref={block} tabindex={0} role="region" aria-label={props.label}>{props.text}</pre>
      <button type="button" onClick={copy}>
        <Icon name="copy" /> {state.value}
      </button>
    </div>
  );
}
