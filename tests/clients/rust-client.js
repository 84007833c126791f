// The operations of the crate `clevercloud-sdk`, each a run of the program in `rust/`.
import { deepStrictEqual as same, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { DATABASES } from './kinds.js';
import { fault, missing } from './package-files.js';
import { CREDENTIALS, OWNER } from './sandbox.js';

export async function rustClient({ rustProgram, rustSource }, sandbox) {
  const sdk = async (...words) => {
    const options = { env: settings(), maxBuffer: 1 << 24 };
    try {
      return JSON.parse((await promisify(execFile)(rustProgram, [sandbox.url, ...words], options)).stdout);
    } catch (error) {
      throw new Error(`${words.join(' ')}: ${error.stderr ?? error.message}`, { cause: error });
    }
  };
  const faults = [
    fault(rustSource, 'clevercloud-sdk', {
      label: 'C',
      path: 'src/v4/addon_provider/mod.rs',
      line: 'pub dedicated: BTreeMap<T, Vec<Feature>>',
      why: 'the client types the versions as numbers with lists, but the API answers texts with `features`',
      message: /Get\(\w+, Deserialize\(/,
    }),
  ];
  const general = [
    { name: 'self', run: async () => ok((await sdk('self')).startsWith('user_')) },
    { name: 'zones', run: async () => ok((await sdk('zones')).some(({ name }) => name === 'par')) },
  ];
  const without = [
    missing('summary', rustSource, 'src/v2', /summary|organisation/),
    missing('tags', rustSource, 'src/v2', /tag/),
    missing('migrations', rustSource, 'src/v2', /migrat/),
    missing('backups', rustSource, 'src/v2', /backup/),
    missing('products: restart, rebuild, versions', rustSource, 'src/v4', /keycloak|otoroshi|metabase/),
    missing('Cellar: credentials, buckets', rustSource, 'src/v4', /cellar|bucket/),
  ];
  return { title: `clevercloud-sdk ${version(rustSource)}`, faults, general, operations: operations(sdk, faults), missing: without };
}

function settings() {
  return {
    CLEVER_TOKEN: CREDENTIALS.token,
    CLEVER_SECRET: CREDENTIALS.secret,
    OAUTH_CONSUMER_KEY: CREDENTIALS.consumerKey,
    OAUTH_CONSUMER_SECRET: CREDENTIALS.consumerSecret,
  };
}

function version(source) {
  return /^version = "(.+)"$/m.exec(readFileSync(`${source}/Cargo.toml`, 'utf8'))[1];
}

function operations(sdk, [versions]) {
  return [
    {
      name: 'providers',
      run: async (kind) => {
        const { plans } = (await sdk('providers')).find(({ id }) => id === kind.provider);
        kind.plan = plans.find(({ features }) => features.every(({ value }) => value !== 'Shared'));
      },
    },
    { name: 'versions', kinds: DATABASES, fault: versions, run: async (kind) => same(await sdk('versions', kind.provider), kind.provider) },
    {
      name: 'create',
      run: async (kind) => {
        kind.name = `rust ${kind.provider}`;
        const addon = await sdk('create', OWNER, kind.provider, kind.plan.id, kind.plan.zones[0], kind.name);
        [kind.id, kind.realId] = [addon.id, addon.realId];
        same((await kind.sandbox.addon(kind.id)).name, kind.name);
      },
    },
    { name: 'list', reads: true, run: async (kind) => ok((await sdk('list', OWNER)).some(({ id }) => id === kind.id)) },
    { name: 'get', reads: true, run: async (kind) => same((await sdk('get', OWNER, kind.id)).name, kind.name) },
    {
      name: 'environment',
      reads: true,
      run: async (kind) => {
        const { outputs } = await kind.sandbox.addon(kind.id);
        same(await sdk('environment', OWNER, kind.id), Object.fromEntries(outputs.map(({ name, value }) => [name, value])));
      },
    },
    {
      name: 'variables',
      kinds: ['config-provider'],
      run: async (kind) => {
        const variables = [{ name: 'A', value: '1' }];
        same(await sdk('write-variables', kind.realId, 'A', '1'), variables);
        same(await sdk('variables', kind.realId), variables);
      },
    },
    {
      name: 'delete',
      run: async (kind) => {
        await sdk('delete', OWNER, kind.id);
        same((await kind.sandbox.addon(kind.id)).live, false);
      },
    },
  ];
}
