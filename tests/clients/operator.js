// A running operator on a control plane of its own, whose cloud is the sandbox, and the add-ons that it makes of the examples.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CREDENTIALS } from './sandbox.js';

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url));
const PATIENCE = '--timeout=300s';

export class Operator {
  constructor(folder) {
    this.folder = folder;
    this.processes = [];
  }

  // Starts a control plane and the operator, which creates its CRDs.
  static async start({ controlPlane, operator }, sandbox) {
    const started = new Operator(mkdtempSync(join(tmpdir(), 'clever-operator-')));
    try {
      await started.#start(controlPlane, operator, sandbox);
      return started;
    } catch (error) {
      await started.stop();
      throw error;
    }
  }

  async #start(controlPlane, operator, sandbox) {
    const plane = this.#spawn(controlPlane, ['run', '--until-eof'], ['pipe', 'pipe', 'ignore']);
    const line = await first(createInterface(plane.stdout), plane);
    ({ kubeconfig: this.kubeconfig, kubectl: this.kubectl } = JSON.parse(line));
    const config = join(this.folder, 'config.json');
    const endpoint = sandbox.url;
    writeFileSync(config, JSON.stringify({ api: { endpoint, ...CREDENTIALS }, operator: { listen: '127.0.0.1:0' } }), { mode: 0o600 });
    const words = ['--config', config, '--kubeconfig', this.kubeconfig, '--manage-crds'];
    this.#spawn(operator, words, ['ignore', 'ignore', 'ignore']);
  }

  // Applies the example of every kind, and returns the kinds with the ids and the names of their add-ons.
  async addons(kinds) {
    await Promise.all(kinds.map(({ definition }) => this.#until(() => this.#run('get', definition))));
    const files = kinds.flatMap(({ example }) => ['-f', join(EXAMPLES, example)]);
    await this.#run('apply', ...files);
    await this.#run('wait', '--for=condition=Ready', PATIENCE, ...files);
    return Promise.all(kinds.map(async (kind) => ({ ...kind, ...(await this.#addon(kind)) })));
  }

  // Has every resource reconciled once more: what the clients did has changed none of them.
  async areReady(kinds) {
    const all = [kinds.map(({ definition }) => definition).join(','), '--all'];
    const request = new Date().toISOString();
    await this.#run('annotate', ...all, `operator.clever-cloud.com/reconcile-requested-at=${request}`);
    await this.#run('wait', `--for=jsonpath={.status.lastHandledReconcileAt}=${request}`, PATIENCE, ...all);
    await this.#run('wait', '--for=condition=Ready', PATIENCE, ...all);
  }

  async stop() {
    for (const child of this.processes.toReversed()) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode == null && child.signalCode == null) {
        child.kill();
        await ended;
      }
    }
    rmSync(this.folder, { recursive: true });
  }

  async #addon({ definition }) {
    const { items } = JSON.parse(await this.#run('get', definition, '--output', 'json'));
    const [{ status }] = items;
    return { id: status.addon, realId: status.realId, name: status.name };
  }

  // Tries again until the API server serves a CRD.
  async #until(act) {
    for (let tries = 0; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (tries === 300) {
          throw error;
        }
        await pause(200);
      }
    }
  }

  async #run(...words) {
    const env = { ...process.env, KUBECONFIG: this.kubeconfig, KUBECACHEDIR: join(this.folder, 'cache') };
    return (await promisify(execFile)(this.kubectl, words, { env, maxBuffer: 2 ** 26 })).stdout;
  }

  #spawn(program, words, stdio) {
    const child = spawn(program, words, { stdio });
    this.processes.push(child);
    return child;
  }
}

async function first(lines, child) {
  for await (const line of lines) {
    return line;
  }
  throw new Error(`${child.spawnfile} ended before it was ready`);
}
