/** Where the page begins. */
import { render } from "preact";
import { App } from "./app.tsx";
import { connect } from "./connection.ts";

const root = document.getElementById("root")!;
root.textContent = "";
render(<App />, root);
connect();
