/** The initializers. */

export * from './constant';
export * from './distributions';
export type { Initializer } from './initializer';
export * from './orthogonal';
export { type InitializerName, initializers } from './registry';
export type { Distribution, Fan } from './scaled';
export { glorotNormal, glorotUniform, heNormal, heUniform, lecunNormal, lecunUniform } from './scaled';
