import { trainWith } from 'convgrad/tfjs';
import { line, train } from './app.mjs';

console.log(line('convgrad, trainWith', await train(Number(process.argv[2] ?? 128), trainWith)));
