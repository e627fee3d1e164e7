/** Jasmine's functions as globals, before a spec file is loaded. */

import jasmineRequire from 'jasmine-core/lib/jasmine-core/jasmine.js';

const jasmine = jasmineRequire.core(jasmineRequire);
const environment = jasmine.getEnv({ suppressLoadErrors: true });
Object.assign(globalThis, { jasmine }, jasmineRequire.interface(jasmine, environment));
jasmine.DEFAULT_TIMEOUT_INTERVAL = 20_000;

/** Runs what was described and answers how each spec ended. */
export async function runSpecs() {
  const specs = [];
  environment.configure({ random: false });
  environment.addReporter({
    specDone({ fullName, status, failedExpectations }) {
      specs.push({ name: fullName, status, message: failedExpectations[0]?.message ?? '' });
    },
  });
  await environment.execute();
  return specs;
}
