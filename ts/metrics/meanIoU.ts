/** How well areas of classes cover what they should, as in segmentation. */

import { ShapeError } from '../errors';
import { checkOptions } from '../options';
import { formatShape, sizeOf } from '../shape';
import { keptIn, largest, layoutOf } from './counting';
import type { Metric } from './metric';
import type { MetricNameOptions } from './regression';

/**
 * The mean over classes of intersection over union, `tp / (tp + fp + fn)`, the answer being the class of the largest output;
 * classes that neither occur nor are answered do not count. Outputs `[batch, …, classes]`, targets of the same shape or
 * numbers of classes.
 *
 * @throws {OptionError} when an option is unknown, {@link ShapeError} from the model for a single output.
 */
export function meanIoU(options: MetricNameOptions = {}): Metric {
  checkOptions('meanIoU', options, ['name']);
  const { name = 'meanIoU' } = options;
  return {
    name,
    className: 'MeanIoU',
    config: { name },
    counter(outputShape, targetShape, where) {
      const { width, rows, isSparse } = layoutOf(name, outputShape, targetShape, where);
      if (width < 2) {
        const got = formatShape([-1, ...outputShape]);
        throw new ShapeError(`${where}: ${name} expected outputs [batch,…,classes], got ${got}`);
      }
      // For each class how often it is right, answered and wanted.
      const counts = new Float64Array(3 * width);
      const count = (place: number): void => {
        counts[place] = (counts[place] as number) + 1;
      };
      const size = isSparse ? 1 : sizeOf(outputShape) / rows;
      return {
        ...keptIn(counts),
        update(outputs, outputStart, targets, targetStart, batch) {
          for (let row = 0; row < batch * rows; row++) {
            const answer = largest(outputs, outputStart + row * width, width);
            const start = targetStart + row * size;
            const wanted = isSparse ? (targets[start] as number) : largest(targets, start, width);
            if (answer === wanted) count(answer);
            count(width + answer);
            count(2 * width + wanted);
          }
        },
        result() {
          let [sum, classes] = [0, 0];
          for (let column = 0; column < width; column++) {
            const [right, answered, wanted] = [0, 1, 2].map((kind) => counts[kind * width + column] as number);
            const union = (answered as number) + (wanted as number) - (right as number);
            if (union === 0) continue;
            sum += (right as number) / union;
            classes++;
          }
          return sum / classes;
        },
      };
    },
  };
}
