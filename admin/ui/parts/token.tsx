/** Asks for the admin token. */
import { useSignal } from "@preact/signals";
import { setToken, token } from "../api.ts";
import { notify } from "../announce.ts";

export interface TokenFormProps {
  readonly onDone: () => void;
  /** Put the focus into the field at once. */
  readonly focused?: boolean;
}

export function TokenForm({ onDone, focused }: TokenFormProps) {
  const value = useSignal("");
  return (
    <form
      class="token"
      onSubmit={(event) => {
        event.preventDefault();
        setToken(value.value.trim());
        onDone();
      }}
    >
      <label class="field">
        Admin token
        <input
          type="password"
          autocomplete="off"
          spellcheck={false}
          autoFocus={focused ?? false}
          value={value.value}
          onInput={(event) => value.value = event.currentTarget.value}
        />
      </label>
      <p class="soft">
        It is in the file that the relay names in its log at start. It stays in this tab until it is
        closed.
      </p>
      <p class="buttons">
        {token.value !== null && (
          <button
            type="button"
            onClick={() => {
              setToken(null);
              notify(true, "The token is forgotten");
              onDone();
            }}
          >
            Forget token
          </button>
        )}
        <button type="submit" class="strong" disabled={value.value.trim() === ""}>Use token</button>
      </p>
    </form>
  );
}
