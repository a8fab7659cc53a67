// The gradient by the weights of a 5x5 convolution with few input channels under a 2x2 maximum, with 8 products for the 20 of
// four pixels of a row: the transforms of winograd5.h along rows, plain sums downwards. Both directions would spend more on
// the transform of the gradients than on products.

enum { TALL = 5, RING = TALL + 1, ROW_SUMS = SIDE5 * TALL };

// A row of tiles to points: [point][tile]. Those of 4 pixels come first; one of 2 is left at most.
INLINE void row_to_points(const v16 *x, int wide, int narrow, v16 *v, ptrdiff_t next) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)x + half;
    part *to = (part *)v + half;
    for (int t = 0; t < wide + narrow; t++, from += 4 * PARTS, to += PARTS) {
      part in[SIDE5], out[SIDE5];
      if (t < wide) {
        UNROLL for (int i = 0; i < SIDE5; i++) in[i] = from[i * PARTS];
        pixels_to_points5(4, in, out);
        UNROLL for (int p = 0; p < SIDE5; p++) to[p * next * PARTS] = out[p];
      } else {
        UNROLL for (int i = 0; i < 6; i++) in[i] = from[i * PARTS];
        pixels_to_points5(2, in, out);
        UNROLL for (int p = 0; p < 6; p++) to[p * next * PARTS] = out[p];
      }
    }
  }
}

// Brings the ring, six rows of points of each input, to pooled row `y`: two more after the row above.
INLINE void fill_ring(const ward_conv *conv, ward_planes xs, const float *x, int y, int wide, int narrow, v16 *ring) {
  const int top = 2 * y - conv->pad_h;
  const ptrdiff_t next = wide + narrow;
  for (int c = 0; c < conv->inputs; c++) {
    for (int k = y ? RING - 2 : 0; k < RING; k++) {
      const v16 *from = (const v16 *)x + (ptrdiff_t)c * xs.plane + (top + k) * xs.row - conv->pad_w;
      v16 *to = ring + (c * RING + (2 * y + k) % RING) * SIDE5 * next;
      if (top + k >= 0 && top + k < xs.height) row_to_points(from, wide, narrow, to, next);
    }
  }
}

// Where row `k` of the six that pooled row `y` sees lies.
INLINE const v16 *ring_row(const ward_conv *conv, ward_planes xs, int c, int k, int y, int tiles, const v16 *zeros,
                           const v16 *ring) {
  const int at = 2 * y - conv->pad_h + k;
  return at >= 0 && at < xs.height ? ring + (c * RING + (2 * y + k) % RING) * SIDE5 * (ptrdiff_t)tiles : zeros;
}

// The two rows of gradients under a pooled one to points: [row][point][tile].
INLINE void windows_to_points(const v16 *gy, const b16 *winner, int wide, int narrow, v16 *z, ptrdiff_t next) {
  for (int t = 0; t < wide + narrow; t++, gy += 2, winner += 2, z++) {
    const int windows = t < wide ? 2 : 1;
    i16 won[2];
    for (int j = 0; j < windows; j++) won[j] = __builtin_convertvector(winner[j], i16);
    for (int half = 0; half < PARTS; half++) {
      part in[2][4], out[SIDE5], *to = (part *)z + half;
      for (int j = 0; j < windows; j++) {
        const ipart w = ((const ipart *)&won[j])[half], g = ((const ipart *)&gy[j])[half];
        UNROLL for (int q = 0; q < 4; q++) in[q / 2][2 * j + q % 2] = (part)(g & (w == q));
      }
      UNROLL for (int row = 0; row < 2; row++) {
        if (windows == 2) {
          slopes_to_points5(4, in[row], out);
          UNROLL for (int p = 0; p < SIDE5; p++) to[(row * SIDE5 + p) * next * PARTS] = out[p];
        } else {
          slopes_to_points5(2, in[row], out);
          UNROLL for (int p = 0; p < 6; p++) to[(row * SIDE5 + p) * next * PARTS] = out[p];
        }
      }
    }
  }
}

// Adds the products of OUT outputs at one point of a pooled row. x: the six rows of pixels it sees; z: [output][row].
INLINE void add_row_products(const int OUT, const v16 *const *x, ptrdiff_t point, int tiles, const v16 *z, ptrdiff_t z_row,
                             ptrdiff_t z_output, v16 *sums, ptrdiff_t sum_output) {
  for (int half = 0; half < PARTS; half++) {
    part acc[2 * TALL];
    const part *rows[RING], *slope = (const part *)z + half;
    UNROLL for (int k = 0; k < RING; k++) rows[k] = (const part *)(x[k] + point) + half;
    UNROLL for (int o = 0; o < OUT; o++) {
      UNROLL for (int k = 0; k < TALL; k++) acc[o * TALL + k] = ((part *)(sums + o * sum_output + k))[half];
    }
    for (int t = 0; t < tiles; t++, slope += PARTS) {
      UNROLL for (int k = 0; k < RING; k++) {
        const part v = rows[k][t * PARTS];
        UNROLL for (int o = 0; o < OUT; o++) {
          if (k < TALL) acc[o * TALL + k] += v * slope[o * z_output * PARTS];
          if (k > 0) acc[o * TALL + k - 1] += v * slope[(o * z_output + z_row) * PARTS];
        }
      }
    }
    UNROLL for (int o = 0; o < OUT; o++) {
      UNROLL for (int k = 0; k < TALL; k++) ((part *)(sums + o * sum_output + k))[half] = acc[o * TALL + k];
    }
  }
}

// From their points to the gradients of `count` windows of weights.
static void rows5_weights(const v16 *sums, int count, float *gw, int accumulate) {
  for (int i = 0; i < count; i++, sums += ROW_SUMS, gw += TALL * TALL) {
    float u[ROW_SUMS];
    sum_vectors(sums, ROW_SUMS, u, 0);
    for (int k = 0; k < TALL; k++) {
      const float first = -2 / 9.0f, second = 1 / 90.0f, third = 32 / 45.0f;
      const float *m = u + k;
      const float s1 = first * (m[5] + m[10]), d1 = first * (m[5] - m[10]);
      const float s2 = second * (m[15] + m[20]), d2 = second * (m[15] - m[20]);
      const float s3 = third * (m[30] + m[35]), d3 = third * (m[30] - m[35]);
      const float g[TALL] = {s1 + s2 + s3 - m[0], d1 + 2 * d2 + 0.5f * d3, s1 + 4 * s2 + 0.25f * s3,
                             d1 + 8 * d2 + 0.125f * d3, s1 + 16 * s2 + 0.0625f * s3 + m[25]};
      for (int j = 0; j < TALL; j++) gw[k * TALL + j] = (accumulate ? gw[k * TALL + j] : 0) + g[j];
    }
  }
}

static void rows5_weight_gradient(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys,
                                  const float *gy, const uint8_t *winner, float *gw, int32_t accumulate,
                                  float *scratch) {
  const int inputs = conv->inputs, outputs = conv->outputs, wide = gys.width / 2, narrow = gys.width % 2;
  const int tiles = wide + narrow;
  const ptrdiff_t next = tiles, row_size = SIDE5 * next, plane = (ptrdiff_t)gys.height * gys.width;
  v16 *zeros = (v16 *)scratch, *ring = zeros + row_size, *z = ring + inputs * RING * row_size;
  v16 *sums = z + 4 * row_size;  // [output][input][point][ky]
  memset(zeros, 0, row_size * sizeof(v16));
  memset(sums, 0, (ptrdiff_t)outputs * inputs * ROW_SUMS * sizeof(v16));
  for (int y = 0; y < gys.height; y++) {
    fill_ring(conv, xs, x, y, wide, narrow, ring);
    for (int o = 0; o < outputs; o += 2) {
      const int two = outputs - o > 1;
      for (int j = 0; j <= two; j++)
        windows_to_points((const v16 *)gy + (ptrdiff_t)(o + j) * gys.plane + y * gys.row,
                          (const b16 *)winner + (o + j) * plane + y * gys.width, wide, narrow, z + j * 2 * row_size, next);
      for (int c = 0; c < inputs; c++) {
        const v16 *rows[RING];
        for (int k = 0; k < RING; k++) rows[k] = ring_row(conv, xs, c, k, y, tiles, zeros, ring);
        v16 *to = sums + ((ptrdiff_t)o * inputs + c) * ROW_SUMS;
        for (int p = 0; p < SIDE5; p++) {
          const int count = p < 6 ? tiles : wide;
#define RUN(OUT) add_row_products(OUT, rows, p * next, count, z + p * next, row_size, 2 * row_size, to + p * TALL, \
                                  (ptrdiff_t)inputs * ROW_SUMS)
          if (two) RUN(2);
          else RUN(1);
#undef RUN
        }
      }
    }
  }
  rows5_weights(sums, outputs * inputs, gw, accumulate);
}
