// Files of installed packages: their versions, their modules, and the lines that show a fault of theirs.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export function folder(root, name) {
  return join(root, 'node_modules', name);
}

export function version(root, name) {
  return JSON.parse(readFileSync(join(folder(root, name), 'package.json'), 'utf8')).version;
}

export async function load(root, name, path) {
  return import(pathToFileURL(join(folder(root, name), path)).href);
}

// Names an operation that a client does not have. It fails as soon as a file below `folder` has a name like it.
export function missing(name, source, folder, like) {
  const files = readdirSync(join(source, folder), { recursive: true }).filter((file) => like.test(file));
  if (files.length > 0) {
    throw new Error(`"${name}" is not missing any more: add it to the operations. See ${files.join(' ')} in ${join(source, folder)}`);
  }
  return name;
}

// Describes a fault of a client by the line of its source that shows it. `message` matches the error that it leads to.
export function fault(source, shownAs, { label, path, line, why, message }) {
  const lines = readFileSync(join(source, path), 'utf8').split('\n');
  const place = lines.findIndex((text) => text.includes(line));
  if (place < 0) {
    throw new Error(`${shownAs}/${path} has no line with ${line} any more: judge the fault "${why}" again`);
  }
  return { name: `client's own fault ${label}`, at: `${shownAs}/${path}:${place + 1}`, line: lines[place].trim(), why, message };
}
