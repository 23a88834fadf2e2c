/** Stands in for the `buffer` package: simple-peer only wraps what arrived. */
export const Buffer = {
  from: (data: ArrayBuffer): Uint8Array<ArrayBuffer> => new Uint8Array(data),
};
