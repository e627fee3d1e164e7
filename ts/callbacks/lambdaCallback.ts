/** A callback from single functions. */

import { type Callback, checkCallback } from './callback';

/**
 * A callback from single functions, as Keras's LambdaCallback; unlike the bare object, a misspelt name is found here.
 *
 * @throws {OptionError} when a name is unknown or a value no function.
 */
export function lambdaCallback(functions: Callback): Callback {
  checkCallback(functions, 'lambdaCallback', true);
  return { ...functions };
}
