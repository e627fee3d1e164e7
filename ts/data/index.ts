/** Pictures to train on, and how to read and prepare them. */

export * from './csv';
export * from './dataset';
export { loadDigits } from './digits';
export * from './idx';
