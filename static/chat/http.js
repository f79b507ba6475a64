/* Requests to our own server: JSON in, JSON out, the CSRF token in a header. */

export class HttpError extends Error {
  constructor(status, body) {
    super(`HTTP ${status}`);
    this.status = status; // 0: the server was not reached
    this.body = body;
    this.detail = body?.detail ?? "";
  }
}

function token() {
  return document.querySelector('meta[name="csrf-token"]').content;
}

async function request(url, options) {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", cache: "no-store", ...options });
  } catch {
    throw new HttpError(0, null);
  }
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) throw new HttpError(response.status, body);
  return body;
}

export function get(url) {
  return request(url, { headers: { Accept: "application/json" } });
}

export function post(url, body = {}) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token(), Accept: "application/json" };
  return request(url, { method: "POST", headers, body: JSON.stringify(body) });
}
