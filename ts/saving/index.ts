/** Models as data and files. */

export { type FromJSONOptions, modelFromJSON } from './modelFromJSON';
