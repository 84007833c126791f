// The operations of `@clevercloud/client`.
import { deepStrictEqual as same, ok } from 'node:assert/strict';
import { DATABASES, MIGRATABLE } from './kinds.js';
import { fault, folder, load, missing, version } from './package-files.js';
import { CREDENTIALS, OWNER } from './sandbox.js';

const NAME = '@clevercloud/client';
const API = 'src/clients/cc-api';
const INFORMATION = {
  'addon-matomo': 'matomo/get-matomo-info-command.js',
  'addon-pulsar': 'pulsar/get-pulsar-info-command.js',
  'config-provider': 'config-provider/get-config-provider-command.js',
  'es-addon': 'elasticsearch/get-elasticsearch-info-command.js',
  jenkins: 'jenkins/get-jenkins-info-command.js',
  kv: 'materia/get-materia-info-command.js',
};

export async function javascriptClient({ root }, sandbox) {
  const { CcApiClient } = await load(root, NAME, `${API}/cc-api-client.js`);
  const authMethod = { type: 'oauth-v1', oauthTokens: CREDENTIALS };
  const client = new CcApiClient({ baseUrl: sandbox.url, authMethod });
  const bridge = new CcApiClient({ baseUrl: sandbox.bridgeUrl, authMethod: { type: 'api-token', apiToken: 'demo-bearer' } });
  // A module of a command exports it, next to the commands that it consists of.
  const send = async (path, parameters, through = client) => {
    const commands = await load(root, NAME, `${API}/commands/${path}`);
    const name = path.split('/')[1].replace(/\.js$/, '').replaceAll(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase());
    return through.send(new commands[name](parameters));
  };
  const faults = knownFaults(root);
  const title = `${NAME} ${version(root, NAME)}`;
  const source = folder(root, NAME);
  const commands = `${API}/commands`;
  const without = [
    missing('price of a creation', source, commands, /addon\/.*preorder/),
    missing('products: restart, rebuild, versions', source, commands, /keycloak|otoroshi|metabase|version-check/),
    missing('Cellar: credentials, buckets', source, commands, /cellar|bucket/),
  ];
  return { title, faults, general: general(send, bridge), operations: operations(send, faults), missing: without };
}

function knownFaults(root) {
  const migration = `${API}/commands/migration/cancel-migration-command.js`;
  const group = `${API}/commands/network-group/network-group-utils.js`;
  return [
    fault(folder(root, NAME), NAME, {
      label: 'A',
      path: migration,
      line: '/migrations/:XXX`',
      why: 'the path of the request has no slash after the owner, and no migration',
      message: /Nothing lives at this address/,
    }),
    fault(folder(root, NAME), NAME, {
      label: 'B',
      path: group,
      line: 'Member id must be',
      why: 'the client takes an add-on id for a member, but the API takes the real id',
      message: /Invalid member id/,
    }),
  ];
}

function general(send, bridge) {
  return [
    { name: 'profile', run: async () => ok((await send('profile/get-profile-command.js')).id.startsWith('user_')) },
    {
      name: 'profile by API token',
      run: async () => ok((await send('profile/get-profile-command.js', undefined, bridge)).id.startsWith('user_')),
    },
    {
      name: 'summary',
      run: async () => ok((await send('organisation/get-organisation-summaries-command.js')).some(({ id }) => id === OWNER)),
    },
    { name: 'zones', run: async () => ok((await send('zone/list-zone-command.js')).some(({ name }) => name === 'par')) },
    { name: 'zone', run: async () => same((await send('zone/get-zone-command.js', { zoneName: 'rbx' })).city, 'Roubaix') },
    {
      name: 'prices',
      run: async () => {
        const prices = await send('price-system/get-price-system-command.js', { ownerId: OWNER, zone: 'par' });
        ok(prices.runtime.some(({ priceId }) => priceId === 'postgresql.xxs_sml'));
      },
    },
    {
      name: 'flavors of Elastic services',
      run: async () => ok((await send('product/get-product-elasticsearch-info-command.js')).services.kibana.priceId),
    },
    {
      name: 'network group',
      run: async () => {
        const { id } = await send('network-group/create-network-group-command.js', { ownerId: OWNER, label: 'empty' });
        const listed = await send('network-group/list-network-group-command.js', { ownerId: OWNER });
        ok(listed.some((group) => group.id === id));
        const found = await send('network-group/search-network-group-command.js', { ownerId: OWNER, query: 'empty' });
        same(found[0].type, 'NetworkGroup');
        await send('network-group/delete-network-group-command.js', { ownerId: OWNER, networkGroupId: id });
      },
    },
  ];
}

function operations(send, [cancelPath, memberId]) {
  return [
    {
      name: 'provider, with its versions',
      run: async (kind) => {
        const provider = await send('product/get-product-addon-command.js', { id: kind.provider, ownerId: OWNER, withVersions: true });
        kind.plan = provider.plans.find(({ features }) => features.every(({ value }) => value !== 'Shared'));
        kind.larger = provider.plans.at(-1);
        ok(kind.plan.id.startsWith('plan_'));
      },
    },
    {
      name: 'create',
      run: async (kind) => {
        kind.name = `javascript ${kind.provider}`;
        const wanted = { ownerId: OWNER, name: kind.name, providerId: kind.provider, zone: kind.plan.zones[0], planId: kind.plan.id };
        const addon = await send('addon/create-addon-command.js', wanted);
        [kind.id, kind.realId] = [addon.id, addon.realId];
        same((await kind.sandbox.addon(kind.id)).name, kind.name);
      },
    },
    {
      name: 'list',
      reads: true,
      run: async (kind) => ok((await send('addon/list-addon-command.js', { ownerId: OWNER })).some(({ id }) => id === kind.id)),
    },
    {
      name: 'get',
      reads: true,
      run: async (kind) => same((await send('addon/get-addon-command.js', { addonId: kind.id })).name, kind.name),
    },
    {
      name: 'get by real id',
      reads: true,
      run: async (kind) => same((await send('addon/get-addon-command.js', { addonId: kind.realId })).id, kind.id),
    },
    {
      name: 'environment',
      reads: true,
      run: async (kind) => {
        const { environment } = await send('environment/get-environment-command.js', { addonId: kind.id });
        const { outputs } = await kind.sandbox.addon(kind.id);
        same(new Map(environment.map(({ name, value }) => [name, value])), new Map(outputs.map(({ name, value }) => [name, value])));
      },
    },
    {
      name: 'rename',
      run: async (kind) => {
        kind.name = `renamed ${kind.provider}`;
        same((await send('addon/update-addon-command.js', { addonId: kind.id, name: kind.name })).name, kind.name);
      },
    },
    {
      name: 'tags',
      reads: true,
      run: async (kind) => {
        const before = await send('tag/list-tag-command.js', { addonId: kind.id });
        await send('tag/create-tag-command.js', { addonId: kind.id, tag: 'one' });
        same(await send('tag/list-tag-command.js', { addonId: kind.id }), [...before, 'one'].sort());
        await send('tag/update-tag-command.js', { addonId: kind.id, tags: ['one', ...before] });
        same(await send('tag/delete-tag-command.js', { addonId: kind.id, tag: 'one' }), before);
      },
    },
    {
      name: 'single sign-on',
      reads: true,
      run: async (kind) => same((await send('addon/get-addon-sso-command.js', { addonId: kind.id })).id, kind.realId),
    },
    {
      name: 'linked applications',
      reads: true,
      run: async (kind) => same(await send('link/list-link-command.js', { addonId: kind.id }), []),
    },
    {
      name: 'load balancer',
      reads: true,
      run: async (kind) => ok((await send('load-balancer/get-load-balancer-info-command.js', { ownerId: OWNER, addonId: kind.id }))[0].dns.cname),
    },
    {
      name: 'write environment',
      kinds: ['config-provider'],
      run: async (kind) => {
        const environment = [{ name: 'A', value: '1' }];
        same(await send('config-provider/update-config-provider-command.js', { addonId: kind.id, environment }), environment);
      },
    },
    {
      name: 'information',
      kinds: Object.keys(INFORMATION),
      reads: true,
      run: async (kind) => ok(await send(INFORMATION[kind.provider], { addonId: kind.id })),
    },
    {
      name: 'backups, with commands',
      reads: true,
      run: async (kind) => {
        const backups = await send('backup/list-backup-command.js', { addonId: kind.id, withCommands: true });
        same(backups.map(({ commands }) => commands.restoreCommand != null), backups.map(() => true));
        same(backups.length > 0, DATABASES.includes(kind.provider) && kind.provider !== 'redis-addon');
      },
    },
    ...migrations(send, cancelPath),
    {
      name: 'network group member',
      kinds: DATABASES,
      fault: memberId,
      run: async (kind) => {
        const members = [{ id: kind.realId }];
        await send('network-group/create-network-group-command.js', { ownerId: OWNER, label: kind.provider, members });
      },
    },
    {
      name: 'delete',
      run: async (kind) => {
        await send('addon/delete-addon-command.js', { addonId: kind.id });
        same((await kind.sandbox.addon(kind.id)).live, false);
      },
    },
  ];
}

function migrations(send, cancelPath) {
  return [
    {
      name: 'price of a migration',
      kinds: MIGRATABLE,
      run: async (kind) => {
        const price = await send('migration/list-migration-preorder-command.js', { addonId: kind.id, planId: kind.larger.id });
        same(price.lines.map(({ priceTotalHt }) => priceTotalHt), [kind.larger.price]);
      },
    },
    {
      name: 'migration',
      kinds: MIGRATABLE,
      run: async (kind) => {
        const { version } = await kind.sandbox.addon(kind.id);
        const target = { planId: kind.larger.id, zone: kind.plan.zones[0], version: version.asked };
        const { id } = await send('migration/start-migration-command.js', { addonId: kind.id, ...target });
        kind.migrationId = id;
        ok((await send('migration/list-migration-command.js', { addonId: kind.id })).some((migration) => migration.id === id));
        ok((await send('migration/get-migration-command.js', { addonId: kind.id, migrationId: id })).status);
      },
    },
    {
      name: 'cancel a migration',
      kinds: MIGRATABLE,
      fault: cancelPath,
      run: async ({ id, migrationId }) => send('migration/cancel-migration-command.js', { addonId: id, migrationId }),
    },
  ];
}
