import { test, expect } from 'vitest'
import { philox, Random } from '../ts/random'
import { sequential, conv2d, dense, flatten, sgd, kernels } from '../ts/index'
test('kat', () => {
  expect(philox([0,0,0,0],[0,0]).map(x=>x.toString(16))).toEqual(['6627e8d5','e169c58d','bc57ac4c','9b00dbd8'])
  expect(philox([0xffffffff,0xffffffff,0xffffffff,0xffffffff],[0xffffffff,0xffffffff]).map(x=>x.toString(16))).toEqual(['408f276d','41c83b0e','a20bc7c6','6d5451fd'])
})
test('seed', async () => {
  const r = new Random(1)
  const x = Float32Array.from({length: 100*484}, () => r.uniform())
  const y = Float32Array.from({length: 100}, (_, i) => i % 2)
  const m = sequential({ inputShape: [22,22,1], seed: 3, layers: [conv2d({filters:3,kernelSize:3,activation:'sigmoid',useBias:false}), flatten(), dense({units:1,activation:'sigmoid'})]})
  m.compile({ optimizer: sgd({learningRate: 0.01}), loss: 'halfSquaredError', metrics: ['accuracy'] })
  m.summary()
  console.log(String(m.plan({batchSize:100})))
  console.log(String(m.explain(x, y)))
  console.log(await m.fit(x, y, { batchSize: 32, epochs: 3, validationSplit: 0.2 }))
  console.log(await m.evaluate(x, y), (await m.predict(x)).shape)
  let t = performance.now()
  for (let i = 0; i < 2000; i++) m.trainOnBatch(x, y)
  console.log((performance.now()-t)/2000, 'ms')
  m.dispose()
})
