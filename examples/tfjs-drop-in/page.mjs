/** Runs the application of app.mjs on tfjs's cpu backend, on convgrad's, and by trainWith, and shows the times. */

import * as tf from '@tensorflow/tfjs';
import { registerBackend, trainWith } from 'convgrad/tfjs';
import { train } from './app.mjs';

const [pictures, button, rows, status] = ['pictures', 'run', 'rows', 'status'].map((id) => document.getElementById(id));
const ways = [
  { name: 'tfjs, cpu backend', backend: 'cpu' },
  { name: 'convgrad as backend', backend: 'convgrad' },
  { name: 'convgrad, trainWith', backend: 'cpu', fit: trainWith },
];

async function run() {
  button.disabled = true;
  rows.replaceChildren();
  let first;
  try {
    await registerBackend();
    for (const { name, backend, fit } of ways) {
      status.textContent = `${name} trains …`;
      await tf.setBackend(backend);
      // A turn, so that the words are seen.
      await tf.nextFrame();
      const { loss, accuracy, milliseconds } = await train(Number(pictures.value), fit);
      first ??= milliseconds;
      const cells = [name, loss.toFixed(4), accuracy.toFixed(4), `${milliseconds.toFixed(0)} ms`];
      rows.append(row([...cells, `${(first / milliseconds).toFixed(1)}×`]));
    }
    status.textContent = 'Done.';
  } catch (error) {
    status.textContent = String(error);
  }
  button.disabled = false;
}

function row(texts) {
  const element = document.createElement('tr');
  element.append(...texts.map((text) => Object.assign(document.createElement('td'), { textContent: text })));
  return element;
}

button.addEventListener('click', run);
const asked = new URLSearchParams(location.search).get('pictures');
if (asked !== null) {
  pictures.value = asked;
  await run();
}
