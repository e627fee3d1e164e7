/** A model of bench/workloads/described, built by an engine's API: convgrad's and TensorFlow.js's differ in few words. */

/**
 * @param api `{ input(shape), apply(layer, values), model(inputs, outputs, name), layers }`: the last are functions by
 *   their types.
 * @returns the model, and those within it that do not learn.
 */
export function buildModel({ name, input, layers }, api) {
  const frozen = [];
  const start = api.input(input);
  const values = new Map();
  let last = start;
  for (const { from, ...layer } of layers) {
    const inputs = from === undefined ? [last] : from.map((before) => values.get(before));
    const made =
      layer.type === 'model' ? within(layer) : api.layers[layer.type]({ name: layer.name, ...layer.options });
    last = api.apply(made, inputs.length === 1 ? inputs[0] : inputs);
    values.set(layer.name, last);
  }
  return { model: api.model(start, last, name), frozen };

  function within(description) {
    const inner = buildModel(description, api);
    if (description.trainable === false) frozen.push(inner.model);
    return inner.model;
  }
}
