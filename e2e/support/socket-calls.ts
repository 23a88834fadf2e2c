interface Answer {
  readonly id?: number | null;
  readonly result?: unknown;
  /** The DevTools protocol gives an object, WebDriver BiDi a word and a message beside it. */
  readonly error?: { readonly message: string } | string;
  readonly message?: string;
}

/** Calls and answers over a WebSocket: the DevTools protocol, and WebDriver BiDi. */
export class SocketCalls {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #next = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#answered(JSON.parse(String(data)) as Answer));
    socket.addEventListener("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("The browser is gone."));
      this.#waiting.clear();
    });
  }

  static connect(url: string): Promise<SocketCalls> {
    const socket = new WebSocket(url);
    return new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve(new SocketCalls(socket)), { once: true });
      socket.addEventListener("error", () => reject(new Error(`${url} does not answer.`)), { once: true });
    });
  }

  /** @throws Error with what the browser says */
  send(method: string, params: object = {}): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }

  #answered({ id, result, error, message }: Answer): void {
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (typeof id !== "number" || !waiting) return;
    this.#waiting.delete(id);
    if (error) waiting.reject(new Error(typeof error === "string" ? `${error}: ${message}` : error.message));
    else waiting.resolve(result);
  }
}
