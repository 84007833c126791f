// Runs the operations of a client, kind by kind, and judges each outcome.

const AT_ONCE = 4;

export const PASSES = 'passes';
export const NO_OPERATION = 'no such operation';

// Creates an add-on of every kind with the client, and runs its operations in their order.
export async function runClient(client, sandbox, kinds) {
  const rows = [];
  for (const operation of client.general) {
    rows.push({ name: operation.name, outcomes: new Map([['', await judge(operation, {})]]) });
  }
  const byKind = await someAtOnce(kinds, (kind) => runKind(client.operations, { ...kind, sandbox }));
  rows.push(...collect(client.operations, kinds, byKind));
  rows.push(...client.missing.map((name) => ({ name, outcomes: new Map([['', NO_OPERATION]]) })));
  return { title: client.title, rows, faults: client.faults };
}

// Reads the add-ons that a running operator has made.
export async function runOnAddonsOfTheOperator(client, sandbox, addons) {
  const operations = client.operations.filter((operation) => operation.reads);
  const byKind = await someAtOnce(addons, (addon) => runKind(operations, { ...addon, sandbox }));
  const rows = collect(operations, addons, byKind);
  return { title: `${client.title}, add-ons of the operator`, rows, faults: client.faults };
}

// Runs a function for every kind, for a few of them at the same time, and returns the results in the order of the kinds.
async function someAtOnce(kinds, act) {
  const results = [];
  const pending = [...kinds.entries()];
  const worker = async () => {
    for (let next = pending.shift(); next != null; next = pending.shift()) {
      const [place, kind] = next;
      results[place] = await act(kind);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}

// One kind's operations depend on each other, so they run one by one.
async function runKind(operations, context) {
  const outcomes = [];
  for (const operation of operations) {
    const applies = operation.kinds == null || operation.kinds.includes(context.provider);
    outcomes.push(applies ? await judge(operation, context) : NO_OPERATION);
  }
  return outcomes;
}

async function judge(operation, context) {
  try {
    await operation.run(context);
    return PASSES;
  } catch (error) {
    const message = error.message.replaceAll(/\s+/g, ' ').slice(0, 200);
    const fault = operation.fault;
    return fault != null && fault.message.test(message) ? fault.name : `FAILS: ${message}`;
  }
}

function collect(operations, kinds, byKind) {
  return operations.map((operation, row) => {
    const outcomes = kinds.map(({ provider }, column) => [provider, byKind[column][row]]);
    return { name: operation.name, outcomes: new Map(outcomes) };
  });
}
