// Calls to the console's server.

/** A refusal by the server: what failed, and what to do. */
export class Refusal extends Error {
  constructor(status, message, remedy) {
    super(message);
    this.status = status;
    this.remedy = remedy;
  }
}

export function get(path) {
  return call(path, {});
}

export function post(path, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Rydes-Console": "1" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, credentials: "same-origin" });
  } catch {
    throw new Refusal(0, "The console's server does not answer.", "Start it again with make console.");
  }
  const text = await response.text();
  if (response.ok) return text ? JSON.parse(text) : null;
  const { message, remedy } = readError(text);
  throw new Refusal(response.status, message ?? `The server answered ${response.status}.`, remedy ?? "");
}

function readError(text) {
  try {
    return JSON.parse(text).error ?? {};
  } catch {
    return {};
  }
}
