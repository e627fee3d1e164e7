import { line, train } from './app.mjs';

console.log(line('tfjs, cpu backend', await train(Number(process.argv[2] ?? 128))));
