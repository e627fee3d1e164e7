import * as tf from '@tensorflow/tfjs';
import { registerBackend } from 'convgrad/tfjs';
import { line, train } from './app.mjs';

await registerBackend();
await tf.setBackend('convgrad');
console.log(line('convgrad as backend', await train(Number(process.argv[2] ?? 128))));
