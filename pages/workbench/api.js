// The way to the server: JSON there and back, errors as values with a reason, edits that are sent once.

export class ApiError extends Error {
  constructor(status, error) {
    super(error.message);
    this.status = status;
    this.kind = error.kind;
    this.more = error;
  }
}

/** Asks the server. Throws `ApiError` with `kind`, `status` and `more`; kind "offline" where nothing answers. */
export async function call(path, body = {}, { signal } = {}) {
  const answer = await reach(path, body, signal);
  const found = await answer.json().catch(() => ({ error: { kind: "failed", message: "the answer cannot be read." } }));
  if (!answer.ok) throw new ApiError(answer.status, found.error);
  return found;
}

/** Asks for a file. Returns its name and its content. */
export async function download(path, body) {
  const answer = await reach(path, body);
  if (!answer.ok) throw new ApiError(answer.status, (await answer.json()).error);
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? "export";
  return { name, content: await answer.blob() };
}

async function reach(path, body, signal) {
  try {
    return await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { kind: "offline", message: "Espalier does not answer. Is it still running?" });
  }
}

/** A name for a request that changes something, so that sending it again does it once. */
export const operationName = () => crypto.randomUUID?.() ?? `op-${Date.now()}-${Math.random().toString(36).slice(2)}`;

/** Sends a change; where the connection breaks it is sent again under the same name. */
export async function send(path, body) {
  const named = { op: operationName(), ...body };
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call(path, named);
    } catch (error) {
      if (error.kind !== "offline" || attempt === 2) throw error;
      await new Promise((wake) => setTimeout(wake, 300 * (attempt + 1)));
    }
  }
}

const AGAIN_MS = 1_000;

/** Hears live news, and goes on by itself where the connection breaks; `lost` and `back` are told. Returns what ends it. */
export function listen(tell, { lost, back }) {
  let source = null;
  let again = 0;
  const begin = () => {
    source = new EventSource("/api/events");
    source.onmessage = (event) => tell(JSON.parse(event.data));
    source.onopen = back;
    source.onerror = () => {
      lost();
      // a browser tries again after a broken connection, and not after an answer that is an error
      if (source.readyState === EventSource.CLOSED) again = setTimeout(begin, AGAIN_MS);
    };
  };
  begin();
  return () => {
    clearTimeout(again);
    source.close();
  };
}
