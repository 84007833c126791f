// The kinds of the catalog, and what the cloud can do with them.
import { readdirSync, readFileSync } from 'node:fs';

const ADDONS = new URL('../../catalog/addons/', import.meta.url);

export const DATABASES = ['postgresql-addon', 'mysql-addon', 'mongodb-addon', 'redis-addon', 'es-addon'];
export const MIGRATABLE = ['postgresql-addon', 'mysql-addon', 'mongodb-addon', 'redis-addon'];
export const PRODUCTS = ['keycloak', 'metabase', 'otoroshi', 'addon-matomo'];
export const WITH_VERSIONS = ['keycloak', 'metabase', 'otoroshi'];

// Each provider of the catalog once, with its kind, the name of the CRD, and the file of its example. A provider with two kinds takes the one of
// the cloud's own group.
export function kinds() {
  const found = new Map();
  for (const file of readdirSync(ADDONS).sort()) {
    const text = readFileSync(new URL(file, ADDONS), 'utf8');
    const [, provider] = /^provider: (.+)$/m.exec(text);
    const [, kind] = /^ {2}kind: (.+)$/m.exec(text);
    if (/^ {2}group: api\.clever-cloud\.com$/m.test(text)) {
      const [, plural] = /^ {2}plural: (.+)$/m.exec(text) ?? [null, `${kind.toLowerCase()}s`];
      found.set(provider, { provider, kind, definition: `${plural}.api.clever-cloud.com`, example: file });
    }
  }
  return [...found.values()];
}
