/** The reader of V8's listings, on one made of lines that V8 printed. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const listing = `
--- WebAssembly code ---
name: convgrad::kernels::conv2d::dotted::row::h8fc3e0f63fdad2ef
index: 9
compiler: TurboFan
Instructions (size = 200)
0x71a9ca37b40     0  55                   push rbp
0x71a9ca37b41     1  4889e5               REX.W movq rbp,rsp
0x71a9ca37b44    10  c5f810a550ffffff     vmovups xmm4,[rbp-0xb0]
0x71a9ca37b50    20  c5fa6f1439           vmovdqu xmm2,[rcx+rdi*1]
0x71a9ca37b55    25  c4e251a8f7           vfmadd213ps xmm6,xmm5,xmm7
0x71a9ca37b5a    2a  c4e251a8f7           vfmadd213ps xmm6,xmm5,[rbp-0x60]
0x71a9ca37b60    30  c5f811a550ffffff     vmovups [rbp-0xb0],xmm4
0x71a9ca37b65    35  488b45a0             REX.W movq rax,[rbp-0x60]
0x71a9ca37b6a    3a  c5f828c1             vmovaps xmm0,xmm1
0x71a9ca37b70    40  c5fa7f0439           vmovdqu [rcx+rdi*1],xmm0
0x71a9ca37b75    45  83c710               addl rdi,0x10
0x71a9ca37b7a    4a  0f8443000000         jz 0x71a9ca37bd0  <+0x90>
0x71a9ca37b80    50  0f85caffffff         jnz 0x71a9ca37b50  <+0x20>
0x71a9ca37b86    56  0f85b4ffffff         jnz 0x71a9ca37b44  <+0x10>
0x71a9ca37b90    60  83c610               addl rsi,0x10
0x71a9ca37b96    66  75f8                 jnz 0x71a9ca37b90  <+0x60>
0x71a9ca37bd0    90  c3                   retl
`;

test('innermost loops with vector arithmetic, and what they do', async () => {
  const file = join(fileURLToPath(new URL('../..', import.meta.url)), 'scripts/asm/listing.mjs');
  const { readListing, innermostLoops, countLoop } = await import(/* @vite-ignore */ file);
  const [only, ...others] = readListing(listing);
  expect(others).toEqual([]);
  expect(only.name).toBe('kernels::conv2d::dotted::row');
  const loops = innermostLoops(only.code);
  expect(loops).toHaveLength(1);
  expect(countLoop(loops[0])).toEqual({
    instructions: 10,
    fused: 2,
    arithmetic: 2,
    loads: 1,
    stores: 1,
    spills: 1,
    reloads: 1,
    scalars: 1,
    moves: 1,
  });
});
