/**
 * Every error that the library throws on purpose: a class to catch, a stable
 * `code` to compare, and a message of the form "where: expected …, got …".
 */

/** Base class of all errors thrown by convgrad. */
export class ConvgradError extends Error {
  /** Stable identifier, for example `"E_SHAPE"`; messages may change, codes do not. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An array or a layer has another shape than was expected. Code `E_SHAPE`. */
export class ShapeError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_SHAPE', message, options);
  }
}

/** An option is unknown, of the wrong type or out of its range. Code `E_OPTION`. */
export class OptionError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_OPTION', message, options);
  }
}

/** A value in the data is not allowed, such as a label out of range. Code `E_VALUE`. */
export class ValueError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_VALUE', message, options);
  }
}

/** A file or a byte buffer is not of the format it claims to be. Code `E_FORMAT`. */
export class FormatError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_FORMAT', message, options);
  }
}

/** A size exceeds a configured limit. Code `E_LIMIT`. */
export class LimitError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_LIMIT', message, options);
  }
}

/** A model or an engine was used after `dispose()`. Code `E_DISPOSED`. */
export class DisposedError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_DISPOSED', message, options);
  }
}

/** Calls came in an order that makes no sense, such as `fit` before `compile`. Code `E_STATE`. */
export class StateError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_STATE', message, options);
  }
}

/** A number became NaN or infinite where the checked mode looked. Code `E_NON_FINITE`. */
export class NonFiniteError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_NON_FINITE', message, options);
  }
}

/** WebAssembly memory could not be had. Code `E_OUT_OF_MEMORY`. */
export class OutOfMemoryError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_OUT_OF_MEMORY', message, options);
  }
}

/** The WebAssembly module could not be loaded or is not supported here. Code `E_LOAD`. */
export class LoadError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_LOAD', message, options);
  }
}

/** The WebAssembly instance trapped; it refuses all further work. Code `E_ENGINE_CRASHED`. */
export class EngineCrashedError extends ConvgradError {
  constructor(message: string, options?: ErrorOptions) {
    super('E_ENGINE_CRASHED', message, options);
  }
}

/** A kernel refused its arguments. Code `E_WASM`; `status` is a key of {@link kernelStatus}. */
export class WasmError extends ConvgradError {
  /** Status number returned by the kernel, see {@link kernelStatus}. */
  readonly status: number;

  constructor(kernel: string, status: number) {
    const entry = kernelStatus[status];
    super('E_WASM', `${kernel}: ${entry?.message ?? `unknown status ${status}`}`);
    this.status = status;
  }
}

/**
 * Status numbers of the kernels, the mirror of the enum in crate/src/error.rs.
 * A test compares the two tables.
 */
export const kernelStatus: Readonly<Record<number, { name: string; message: string }>> = {
  1: { name: 'OutOfMemory', message: 'linear memory is exhausted' },
  2: { name: 'UnknownAllocation', message: 'the address is not the start of a live allocation' },
  3: { name: 'OutOfBounds', message: 'a range does not lie inside one live allocation' },
  4: { name: 'Misaligned', message: 'an address is not a multiple of four' },
  5: { name: 'Overlap', message: 'an output range overlaps another argument' },
  6: { name: 'InvalidGeometry', message: 'the convolution geometry has no valid output' },
  7: { name: 'SizeOverflow', message: 'a product of sizes does not fit the address space' },
  8: { name: 'WorkspaceTooSmall', message: 'the workspace is smaller than the kernel asks for' },
  9: { name: 'UnknownCode', message: 'an activation, pass or variant code is not known' },
};
