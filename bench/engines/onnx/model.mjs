/**
 * Writes the convolutional network as an ONNX file, in the fields of onnx.proto3 that it needs. Images NHWC come in and
 * are transposed, as a user of NHWC arrays would have to do.
 */

/** A field of a message: number, wire type 2 (bytes), content. */
function bytesField(number, content) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
}

/** A field that is an integer. */
function integerField(number, value) {
  return [...varint(number * 8), ...varint(value)];
}

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

const FLOAT = 1;
const INT64 = 7;

/** TensorProto: dims, data_type, name, raw_data. */
function tensor(name, shape, values, type = FLOAT) {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const dims = shape.flatMap((size) => integerField(1, size));
  return [...dims, ...integerField(2, type), ...bytesField(8, name), ...bytesField(9, raw)];
}

/** AttributeProto with integers: name, ints, type INTS. */
function integers(name, values) {
  return [...bytesField(1, name), ...values.flatMap((value) => integerField(8, value)), ...integerField(20, 7)];
}

/** NodeProto: input, output, op_type, attribute. */
function node(type, inputs, output, attributes = []) {
  const fields = inputs.flatMap((input) => bytesField(1, input));
  const list = attributes.flatMap((attribute) => bytesField(5, attribute));
  return [...fields, ...bytesField(2, output), ...bytesField(4, type), ...list];
}

/** ValueInfoProto of a float tensor. */
function value(name, shape) {
  const dims = shape.flatMap((size) => bytesField(1, integerField(1, size)));
  const type = bytesField(1, [...integerField(1, FLOAT), ...bytesField(2, dims)]);
  return [...bytesField(1, name), ...bytesField(2, type)];
}

/** HWIO to OIHW. */
function filters(values, [height, width, channels, count]) {
  const taps = height * width;
  return Float32Array.from(values, (_, index) => {
    const [tap, c] = [index % taps, Math.floor(index / taps) % channels];
    return values[(tap * channels + c) * count + Math.floor(index / (taps * channels))];
  });
}

/** The model's bytes; input `x [batch, 28, 28, 1]`, output `logits [batch, 10]`. */
export function onnxModel({ batch, shapes }, inputs) {
  const oihw = ([height, width, channels, count]) => [count, channels, height, width];
  const weights = [
    tensor('k1', oihw(shapes.k1), filters(inputs.k1, shapes.k1)),
    tensor('b1', shapes.b1, inputs.b1),
    tensor('k2', oihw(shapes.k2), filters(inputs.k2, shapes.k2)),
    tensor('b2', shapes.b2, inputs.b2),
    tensor('w', shapes.w, inputs.w),
    tensor('b', shapes.b, inputs.b),
    tensor('flat', [2], BigInt64Array.of(BigInt(batch), 1600n), INT64),
  ];
  const pool = [integers('kernel_shape', [2, 2]), integers('strides', [2, 2])];
  const nodes = [
    node('Transpose', ['x'], 'x1', [integers('perm', [0, 3, 1, 2])]),
    node('Conv', ['x1', 'k1', 'b1'], 'z1'),
    node('Relu', ['z1'], 'h1'),
    node('MaxPool', ['h1'], 'p1', pool),
    node('Conv', ['p1', 'k2', 'b2'], 'z2'),
    node('Relu', ['z2'], 'h2'),
    node('MaxPool', ['h2'], 'p2', pool),
    node('Transpose', ['p2'], 'p3', [integers('perm', [0, 2, 3, 1])]),
    node('Reshape', ['p3', 'flat'], 'p4'),
    node('Gemm', ['p4', 'w', 'b'], 'logits'),
  ];
  const graph = [
    ...nodes.flatMap((bytes) => bytesField(1, bytes)),
    ...bytesField(2, 'convnet'),
    ...weights.flatMap((bytes) => bytesField(5, bytes)),
    ...bytesField(11, value('x', [batch, 28, 28, 1])),
    ...bytesField(12, value('logits', [batch, 10])),
  ];
  const operators = integerField(2, 17);
  return Uint8Array.from([...integerField(1, 8), ...bytesField(7, graph), ...bytesField(8, operators)]);
}
