// The operations of `clever-tools`, each a run of its program `clever`.
import { deepStrictEqual as same, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DATABASES, PRODUCTS, WITH_VERSIONS } from './kinds.js';
import { folder, missing, version } from './package-files.js';
import { CREDENTIALS, OWNER } from './sandbox.js';

const NAME = 'clever-tools';
const IN_GROUPS = ['keycloak', 'otoroshi'];

export async function commandLine({ root }, sandbox) {
  const program = join(folder(root, NAME), 'bin/clever.js');
  const homes = mkdtempSync(join(tmpdir(), 'clever-'));
  process.on('exit', () => rmSync(homes, { recursive: true }));
  const clever = async (kind, ...words) => {
    const home = kind.home ?? mkdtempSync(join(homes, 'home-'));
    const environment = { ...process.env, ...settings(sandbox), HOME: home, XDG_CONFIG_HOME: home };
    if (kind.home == null) {
      kind.home = home;
      await run(program, environment, ['features', 'enable', 'ng,operators']);
    }
    return run(program, environment, words);
  };
  const json = async (...words) => JSON.parse(await clever(...words, '--format', 'json'));
  const title = `${NAME} ${version(root, NAME)}`;
  const source = folder(root, NAME);
  const without = [
    missing('tags', source, 'src/commands', /tag/),
    missing('single sign-on', source, 'src/commands', /sso/),
    missing('migrations', source, 'src/commands', /migrat/),
    missing('prices', source, 'src/commands', /price|preorder/),
    missing('Cellar: credentials, buckets', source, 'src/commands', /cellar|bucket/),
  ];
  return { title, faults: [], general: general(json), operations: operations(clever, json), missing: without };
}

function settings(sandbox) {
  return {
    API_HOST: sandbox.url,
    AUTH_BRIDGE_HOST: sandbox.bridgeUrl,
    CLEVER_TOKEN: CREDENTIALS.token,
    CLEVER_SECRET: CREDENTIALS.secret,
    OAUTH_CONSUMER_KEY: CREDENTIALS.consumerKey,
    OAUTH_CONSUMER_SECRET: CREDENTIALS.consumerSecret,
    NO_UPDATE_NOTIFIER: '1',
    NO_COLOR: '1',
  };
}

async function run(program, env, words) {
  try {
    return (await promisify(execFile)(process.execPath, [program, ...words], { env, cwd: env.HOME })).stdout;
  } catch (error) {
    throw new Error(`clever ${words.join(' ')}: ${error.stderr || error.stdout}`, { cause: error });
  }
}

function general(json) {
  const context = {};
  return [
    { name: 'profile', run: async () => ok((await json(context, 'profile')).id.startsWith('user_')) },
    { name: 'addon providers', run: async () => ok((await json(context, 'addon', 'providers')).length > 0) },
  ];
}

function operations(clever, json) {
  // The program of a product is named after its application.
  const product = (kind, ...words) => clever(kind, kind.provider.replace('addon-', ''), ...words);
  const productJson = (kind, ...words) => json(kind, kind.provider.replace('addon-', ''), ...words);
  return [
    {
      name: 'addon providers show',
      run: async (kind) => {
        const { plans } = await json(kind, 'addon', 'providers', 'show', kind.provider, '--org', OWNER);
        kind.plan = plans.find(({ features }) => features.every(({ value }) => value !== 'Shared'));
        [kind.version] = kind.plan.versions ?? [];
      },
    },
    {
      name: 'addon create',
      run: async (kind) => {
        kind.name = `command-line-${kind.provider}`;
        const version = kind.version == null ? [] : ['--addon-version', kind.version.version];
        const options = kind.version?.features.some(({ name }) => name === 'access-domain') ? ['--option', 'access-domain=a.example.test'] : [];
        const where = ['--org', OWNER, '--plan', kind.plan.slug, '--region', 'par'];
        const addon = await json(kind, 'addon', 'create', kind.provider, kind.name, ...where, ...version, ...options);
        [kind.id, kind.realId] = [addon.id, addon.realId];
        same((await kind.sandbox.addon(kind.id)).version.asked, kind.version?.version ?? null);
      },
    },
    {
      name: 'addon list',
      reads: true,
      run: async (kind) => ok((await json(kind, 'addon', 'list', '--org', OWNER)).some(({ addonId }) => addonId === kind.id)),
    },
    {
      name: 'addon env',
      reads: true,
      run: async (kind) => {
        const { outputs } = await kind.sandbox.addon(kind.id);
        same(await json(kind, 'addon', 'env', kind.realId), Object.fromEntries(outputs.map(({ name, value }) => [name, value])));
      },
    },
    {
      name: 'addon rename',
      run: async (kind) => {
        kind.name = `renamed-${kind.provider}`;
        await clever(kind, 'addon', 'rename', kind.id, kind.name, '--org', OWNER);
        same((await kind.sandbox.addon(kind.id)).name, kind.name);
      },
    },
    {
      name: 'database backups',
      reads: true,
      run: async (kind) => {
        const backups = await json(kind, 'database', 'backups', kind.id);
        same(backups.length > 0, DATABASES.includes(kind.provider) && kind.provider !== 'redis-addon');
      },
    },
    {
      name: 'config-provider set, get, rm',
      kinds: ['config-provider'],
      run: async (kind) => {
        await clever(kind, 'config-provider', 'set', kind.realId, 'COLOR', 'green');
        ok((await clever(kind, 'config-provider', 'get', kind.realId)).includes('green'));
        await clever(kind, 'config-provider', 'rm', kind.realId, 'COLOR');
        same((await kind.sandbox.addon(kind.id)).env, []);
      },
    },
    { name: 'PRODUCT', kinds: PRODUCTS, run: async (kind) => ok((await product(kind)).includes(kind.realId)) },
    { name: 'PRODUCT get', kinds: PRODUCTS, reads: true, run: async (kind) => same((await productJson(kind, 'get', kind.realId)).addonId, kind.id) },
    { name: 'PRODUCT restart', kinds: PRODUCTS, run: async (kind) => product(kind, 'restart', kind.realId) },
    { name: 'PRODUCT rebuild', kinds: PRODUCTS, run: async (kind) => product(kind, 'rebuild', kind.realId) },
    {
      name: 'PRODUCT version check',
      kinds: WITH_VERSIONS,
      reads: true,
      run: async (kind) => ok((await productJson(kind, 'version', 'check', kind.realId)).available.length > 0),
    },
    {
      name: 'PRODUCT version update',
      kinds: WITH_VERSIONS,
      run: async (kind) => {
        const { latest } = await productJson(kind, 'version', 'check', kind.realId);
        await product(kind, 'version', 'update', kind.realId, '--target', latest);
        same((await kind.sandbox.addon(kind.id)).version.asked, latest);
      },
    },
    {
      name: 'PRODUCT enable-ng, disable-ng',
      kinds: IN_GROUPS,
      run: async (kind) => {
        await product(kind, 'enable-ng', kind.realId);
        ok((await productJson(kind, 'get', kind.realId)).features.networkGroup.id);
        await product(kind, 'disable-ng', kind.realId);
      },
    },
    { name: 'otoroshi get-config', kinds: ['otoroshi'], reads: true, run: async (kind) => ok(await product(kind, 'get-config', kind.realId)) },
    {
      name: 'ng create, link, unlink, delete',
      kinds: DATABASES,
      run: async (kind) => {
        const label = `group-${kind.provider}`;
        await clever(kind, 'ng', 'create', label, '--org', OWNER);
        await clever(kind, 'ng', 'link', kind.realId, label, '--org', OWNER);
        same((await json(kind, 'ng', 'get', label, '--org', OWNER)).members.map(({ id }) => id), [kind.realId]);
        await clever(kind, 'ng', 'unlink', kind.realId, label, '--org', OWNER);
        await clever(kind, 'ng', 'delete', label, '--org', OWNER);
      },
    },
    {
      name: 'addon delete',
      run: async (kind) => {
        await clever(kind, 'addon', 'delete', kind.id, '--org', OWNER, '--yes');
        same((await kind.sandbox.addon(kind.id)).live, false);
      },
    },
  ];
}
