/** The configuration in force, the block that invites another relay, and what an operator can do. */
import { useSignal } from "@preact/signals";
import { CopyBlock } from "../parts/copy.tsx";
import { Confirm } from "../parts/dialog.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { Failed, Loading } from "../parts/states.tsx";
import { get } from "../api.ts";
import type { Config } from "../model/shapes.ts";
import { operate } from "../operate.ts";
import { overview } from "../store.ts";

export function ConfigView() {
  const { state, load } = useLoaded(() => get<Config>("config"), "config");
  const loaded = state.value;
  if (loaded.state === "loading") return <Loading what="the configuration" />;
  if (loaded.state === "failed") return <Failed sentence={loaded.sentence} retry={load} />;
  const { text, invitation } = loaded.value;
  return (
    <>
      <section aria-labelledby="invite">
        <h2 id="invite">Invite another relay</h2>
        <p class="measure">
          Give this block to the operator of another relay. Once it is in their configuration, and
          theirs in yours, the two link by themselves.
        </p>
        <CopyBlock label="Block to copy" text={invitation} />
      </section>
      <Operations reloaded={load} />
      <section aria-labelledby="effective">
        <h2 id="effective">Configuration in force</h2>
        <p class="measure">Secrets are masked.</p>
        <CopyBlock label="Configuration as text" text={text} />
      </section>
    </>
  );
}

function Operations({ reloaded }: { readonly reloaded: () => void }) {
  const draining = useSignal(false);
  const reason = useSignal("");
  const levels = useSignal("info");
  const reload = async () => {
    if (await operate("reload")) reloaded();
  };
  return (
    <section aria-labelledby="operate">
      <h2 id="operate">Operate</h2>
      <ul class="operations">
        <li>
          <p>
            <b>Reload</b>{" "}
            reads the configuration file again and applies what can change while running.
          </p>
          <button type="button" onClick={() => void reload()}>Reload</button>
        </li>
        <li>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void operate("log-level", { levels: levels.value });
            }}
          >
            <label class="field">
              <span>
                <b>Log level</b>, for all or by area: <code>info,http=debug</code>
              </span>
              <input
                type="text"
                value={levels.value}
                onInput={(event) => levels.value = event.currentTarget.value}
              />
            </label>
            <button type="submit" disabled={levels.value.trim() === ""}>Set level</button>
          </form>
        </li>
        <li>
          <p>
            <b>Drain</b> takes nobody new and ends when the last has left. It cannot be undone.
          </p>
          <button
            type="button"
            class="danger"
            disabled={overview.value?.state === "draining"}
            onClick={() => draining.value = true}
          >
            Drain&hellip;
          </button>
        </li>
      </ul>
      {draining.value && (
        <Confirm
          title="Drain this relay?"
          action="Drain"
          onClose={() => draining.value = false}
          onConfirm={() =>
            void operate("drain", reason.value === "" ? {} : { reason: reason.value })}
        >
          <p>Nobody can join any more, and the relay ends when everybody has left.</p>
          <label class="field">
            Reason, told to clients that understand it
            <input
              type="text"
              maxLength={200}
              value={reason.value}
              onInput={(event) => reason.value = event.currentTarget.value}
            />
          </label>
        </Confirm>
      )}
    </section>
  );
}
