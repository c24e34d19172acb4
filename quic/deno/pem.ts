/** DER to PEM: the form in which Deno takes certificates and keys. */

/** One PEM block with lines of 64 characters. */
export function toPem(label: "CERTIFICATE" | "PRIVATE KEY", der: Uint8Array): string {
  const lines = btoa(String.fromCharCode(...der)).replace(/.{64}(?=.)/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
