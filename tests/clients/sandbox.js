// A running sandbox, and what the tests ask of it without a client.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export const OWNER = 'orga_11111111-2222-4333-8444-555555555555';
export const CREDENTIALS = {
  consumerKey: 'demo-consumer',
  consumerSecret: 'demo-consumer-secret',
  token: 'demo-token',
  secret: 'demo-secret',
};

export class Sandbox {
  constructor(process, { url, bridgeUrl }) {
    this.process = process;
    this.url = url;
    this.bridgeUrl = bridgeUrl;
  }

  // The first line that the program prints holds its addresses.
  static async start(program) {
    const arguments_ = ['--listen', '127.0.0.1:0', '--bridge-listen', '127.0.0.1:0'];
    const child = spawn(program, arguments_, { stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface(child.stdout)) {
      return new Sandbox(child, JSON.parse(line));
    }
    throw new Error(`${program} ended before it was ready`);
  }

  stop() {
    this.process.kill();
  }

  async admin(method, path, body) {
    return this.#send(method, `/_sandbox/${path}`, {}, body);
  }

  // Sends a request as the demo account, as the operator does.
  async request(method, path, body) {
    const { consumerKey, consumerSecret, token, secret } = CREDENTIALS;
    const authorization =
      `OAuth oauth_consumer_key="${consumerKey}", oauth_token="${token}", oauth_signature="${consumerSecret}%26${secret}"`;
    return this.#send(method, path, { authorization }, body);
  }

  // The record of an add-on, with everything that no client sees.
  async addon(id) {
    const { addons } = await this.admin('GET', 'state');
    return addons.find((addon) => addon.id === id);
  }

  async #send(method, path, headers, body) {
    const response = await fetch(this.url + path, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      body: body == null ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    }
    return text === '' ? null : JSON.parse(text);
  }
}
