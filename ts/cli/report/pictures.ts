/** Grey and two-coloured pictures as PNG data URLs. */

import { PNG } from 'pngjs';

/** Pixels of a picture, row by row. */
export interface Picture {
  readonly values: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

type Colour = readonly [number, number, number];

/** Dark on light: 0 is white, 1 is black. */
export function inkPicture(picture: Picture): string {
  return encode(picture, (value) => {
    const grey = Math.round(255 * (1 - Math.min(Math.max(value, 0), 1)));
    return [grey, grey, grey];
  });
}

/** From the smallest value, dark blue, to the largest, yellow. */
export function heatPicture(picture: Picture): string {
  const [low, high] = range(picture.values);
  const stops: readonly Colour[] = [
    [68, 1, 84],
    [59, 82, 139],
    [33, 145, 140],
    [94, 201, 98],
    [253, 231, 37],
  ];
  return encode(picture, (value) => mix(stops, high > low ? (value - low) / (high - low) : 0.5));
}

/** Around zero: negative blue, zero white, positive red; the same scale on both sides. */
export function signedPicture(picture: Picture): string {
  const [low, high] = range(picture.values);
  const size = Math.max(Math.abs(low), Math.abs(high)) || 1;
  const stops: readonly Colour[] = [
    [33, 102, 172],
    [247, 247, 247],
    [178, 24, 43],
  ];
  return encode(picture, (value) => mix(stops, (value / size + 1) / 2));
}

function range(values: ArrayLike<number>): readonly [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index++) {
    low = Math.min(low, values[index] as number);
    high = Math.max(high, values[index] as number);
  }
  return [low, high];
}

function mix(stops: readonly Colour[], share: number): Colour {
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const from = stops[index] as Colour;
  const to = stops[index + 1] as Colour;
  const blend = (channel: 0 | 1 | 2): number =>
    Math.round(from[channel] + (to[channel] - from[channel]) * (place - index));
  return [blend(0), blend(1), blend(2)];
}

function encode({ values, height, width }: Picture, colour: (value: number) => Colour): string {
  const png = new PNG({ width, height });
  for (let index = 0; index < width * height; index++)
    png.data.set([...colour(values[index] as number), 255], index * 4);
  return `data:image/png;base64,${PNG.sync.write(png).toString('base64')}`;
}
