// A box, centre and radius, through a 5x5 convolution with few input channels, a ReLU and the maximum of 2x2 pixels, and the
// gradients by the weights: the transforms of winograd5.h along rows, plain sums downwards, as in rows5.h. The sums before
// the maximum, four times as many as what comes out, never reach memory.
//
// Equal pixels need not give equal sums here, so that flat parts of an image choose among their pixels as rounding has it.
// Bounds are trained through this; what certifies takes the plain sums.

// Of pooled pixels: which one of its window the lower and the upper end are, 4 where the ReLU lets none through.
typedef struct {
  b16 *low, *high;
} ends5;

// Weights along their rows to points: [output][input][point][row].
static void box5_filters(const ward_conv *conv, const float *w, float *u) {
  const int rows = conv->outputs * conv->inputs * TALL;
  for (int first = 0; first < rows; first += L) {
    const int here = rows - first < L ? rows - first : L;
    v16 g[TALL], to[SIDE5];
    memset(g, 0, sizeof g);
    for (int i = 0; i < here * TALL; i++) ((float *)&g[i % TALL])[i / TALL] = w[first * TALL + i];
    weights_to_points5(g, to);
    for (int i = 0; i < here; i++) {
      const int row = first + i;
      for (int p = 0; p < SIDE5; p++) u[row / TALL * ROW_SUMS + p * TALL + row % TALL] = ((const float *)&to[p])[i];
    }
  }
}

// The sums of two rows of OUT outputs at one point. x: of each input the six rows of points that they see; u: [input];
// m: [output][row].
INLINE void add_box_rows(const int OUT, const v16 *const *x, ptrdiff_t point, int inputs, int tiles, const float *u,
                         ptrdiff_t u_output, v16 *m, ptrdiff_t m_row) {
  for (int half = 0; half < PARTS; half++) {
    for (int t = 0; t < tiles; t++) {
      part acc[4];
      UNROLL for (int i = 0; i < 2 * OUT; i++) acc[i] = (part){0};
      for (int c = 0; c < inputs; c++) {
        const float *weights = u + c * ROW_SUMS;
        part v[RING];
        UNROLL for (int k = 0; k < RING; k++) v[k] = ((const part *)(x[c * RING + k] + point + t))[half];
        UNROLL for (int k = 0; k < TALL; k++) {
          UNROLL for (int o = 0; o < OUT; o++) {
            const float s = weights[o * u_output + k];
            acc[2 * o] += s * v[k];
            acc[2 * o + 1] += s * v[k + 1];
          }
        }
      }
      UNROLL for (int i = 0; i < 2 * OUT; i++) ((part *)(m + i * m_row + point + t))[half] = acc[i];
    }
  }
}

// From points to the pooled box. m: centres, `next_kind` further radii: [row][point][tile].
INLINE void pool_box(const int COUNT, const v16 *m, ptrdiff_t next_kind, ptrdiff_t row, ptrdiff_t next, float bias,
                     v16 *centre, v16 *radius, ends5 ends) {
  i16 lows[2], highs[2];
  for (int half = 0; half < PARTS; half++) {
    part sums[2][2][4];
    UNROLL for (int kind = 0; kind < 2; kind++) {
      UNROLL for (int i = 0; i < 2; i++) {
        part in[SIDE5];
        UNROLL for (int p = 0; p < COUNT + 4; p++)
          in[p] = ((const part *)(m + kind * next_kind + i * row + p * next))[half];
        points_to_sums5(COUNT, in, sums[kind][i]);
      }
    }
    UNROLL for (int j = 0; j < COUNT / 2; j++) {
      part l = {0}, u = {0};
      ipart at = (ipart){0} + 4, top_at = at;
      UNROLL for (int q = 0; q < 4; q++) {
        const part mid = sums[0][q / 2][2 * j + q % 2] + bias, reach = sums[1][q / 2][2 * j + q % 2];
        const part low = mid - reach, high = mid + reach;
        const ipart higher = ~(low <= l), top = ~(high <= u);  // NaN too
        l = (part)((higher & (ipart)low) | (~higher & (ipart)l));
        at = (higher & q) | (~higher & at);
        u = (part)((top & (ipart)high) | (~top & (ipart)u));
        top_at = (top & q) | (~top & top_at);
      }
      ((part *)(centre + j))[half] = (l + u) * 0.5f;
      ((part *)(radius + j))[half] = (u - l) * 0.5f;
      ((ipart *)&lows[j])[half] = at;
      ((ipart *)&highs[j])[half] = top_at;
    }
  }
  for (int j = 0; j < COUNT / 2; j++) {
    ends.low[j] = __builtin_convertvector(lows[j], b16);
    ends.high[j] = __builtin_convertvector(highs[j], b16);
  }
}

// Fills the ring for pooled row `y`. `rows`: where the six rows that it sees lie now, of each input.
INLINE void ring_rows(const ward_conv *conv, ward_planes xs, const float *x, int y, int wide, int narrow, v16 *zeros,
                      v16 *ring, const v16 **rows) {
  fill_ring(conv, xs, x, y, wide, narrow, ring);
  for (int c = 0; c < conv->inputs; c++) {
    for (int k = 0; k < RING; k++) rows[c * RING + k] = ring_row(conv, xs, c, k, y, wide + narrow, zeros, ring);
  }
}

// Where things lie.
typedef struct {
  int wide, narrow, tiles;
  ptrdiff_t next, row_size;
  v16 *zeros, *rings[2], *m, *sums[2], *totals;
  const v16 **rows[2];
} box5;

INLINE box5 box5_places(const ward_conv *conv, int width, float *scratch) {
  const int both = conv->inputs * conv->outputs;
  box5 s = {.wide = width / 2, .narrow = width % 2, .tiles = width / 2 + width % 2};
  s.next = s.tiles;
  s.row_size = SIDE5 * s.next;
  s.zeros = (v16 *)scratch;
  s.rings[0] = s.zeros + s.row_size;
  s.rings[1] = s.rings[0] + conv->inputs * RING * s.row_size;
  s.m = s.rings[1] + conv->inputs * RING * s.row_size;
  s.sums[0] = s.m + 8 * s.row_size;
  s.sums[1] = s.sums[0] + both * ROW_SUMS;
  s.totals = s.sums[1] + both * ROW_SUMS;
  s.rows[0] = (const v16 **)(s.totals + conv->outputs);
  s.rows[1] = s.rows[0] + conv->inputs * RING;
  memset(s.zeros, 0, s.row_size * sizeof(v16));
  return s;
}

static void box5_forward(const ward_conv *conv, ward_planes xs, const float *c_in, const float *r_in, const float *w,
                         const float *absolute, const float *b, ward_planes ys, float *c_out, float *r_out,
                         uint8_t *low_at, uint8_t *high_at, float *scratch) {
  const int inputs = conv->inputs, outputs = conv->outputs;
  const box5 s = box5_places(conv, ys.width, scratch);
  const ptrdiff_t plane = (ptrdiff_t)ys.height * ys.width, u_output = (ptrdiff_t)inputs * ROW_SUMS;
  float *u[2] = {(float *)s.sums[0], (float *)s.sums[1]};
  const float *from[2] = {c_in, r_in};
  box5_filters(conv, w, u[0]);
  box5_filters(conv, absolute, u[1]);
  for (int y = 0; y < ys.height; y++) {
    for (int kind = 0; kind < 2; kind++)
      ring_rows(conv, xs, from[kind], y, s.wide, s.narrow, s.zeros, s.rings[kind], s.rows[kind]);
    for (int o = 0; o < outputs; o += 2) {
      const int two = outputs - o > 1;
      for (int kind = 0; kind < 2; kind++) {
        v16 *m = s.m + kind * 4 * s.row_size;
        for (int p = 0; p < SIDE5; p++) {
          const int count = p < 6 ? s.tiles : s.wide;
#define RUN(OUT) \
  add_box_rows(OUT, s.rows[kind], p * s.next, inputs, count, u[kind] + o * u_output + p * TALL, u_output, m, s.row_size)
          if (two) RUN(2);
          else RUN(1);
#undef RUN
        }
      }
      for (int j = 0; j <= two; j++) {
        const ptrdiff_t to = (ptrdiff_t)(o + j) * ys.plane + y * ys.row, at = (o + j) * plane + y * ys.width;
        v16 *centre = (v16 *)c_out + to, *radius = (v16 *)r_out + to;
        const ends5 ends = {(b16 *)low_at + at, (b16 *)high_at + at};
        for (int t = 0; t < s.tiles; t++) {
          const ends5 here = {ends.low + 2 * t, ends.high + 2 * t};
          const v16 *m = s.m + 2 * j * s.row_size + t;
          if (t < s.wide)
            pool_box(4, m, 4 * s.row_size, s.row_size, s.next, b ? b[o + j] : 0, centre + 2 * t, radius + 2 * t, here);
          else
            pool_box(2, m, 4 * s.row_size, s.row_size, s.next, b ? b[o + j] : 0, centre + 2 * t, radius + 2 * t, here);
        }
      }
    }
  }
}

// Gradients of a row of pooled boxes to points, of the two rows under it: [kind][row][point][tile]. `total` gets those of the
// centres.
INLINE void ends_to_points(const v16 *gc, const v16 *gr, ends5 ends, int wide, int narrow, v16 *z, ptrdiff_t next_kind,
                           ptrdiff_t next, v16 *total) {
  for (int t = 0; t < wide + narrow; t++, gc += 2, gr += 2, ends.low += 2, ends.high += 2, z++) {
    const int windows = t < wide ? 2 : 1;
    i16 low_at[2], high_at[2];
    for (int j = 0; j < windows; j++) {
      low_at[j] = __builtin_convertvector(ends.low[j], i16);
      high_at[j] = __builtin_convertvector(ends.high[j], i16);
    }
    for (int half = 0; half < PARTS; half++) {
      part in[2][2][4], out[SIDE5], sum = ((const part *)total)[half];
      for (int j = 0; j < windows; j++) {
        const part c = ((const part *)&gc[j])[half], r = ((const part *)&gr[j])[half];
        const ipart low = (ipart)((c - r) * 0.5f), high = (ipart)((c + r) * 0.5f);
        const ipart m = ((const ipart *)&low_at[j])[half], k = ((const ipart *)&high_at[j])[half];
        UNROLL for (int q = 0; q < 4; q++) {
          const part a = (part)(low & (m == q)), b = (part)(high & (k == q));
          in[0][q / 2][2 * j + q % 2] = a + b;
          in[1][q / 2][2 * j + q % 2] = b - a;
        }
        sum += (part)(low & (m != 4)) + (part)(high & (k != 4));
      }
      ((part *)total)[half] = sum;
      UNROLL for (int kind = 0; kind < 2; kind++) {
        UNROLL for (int row = 0; row < 2; row++) {
          part *to = (part *)(z + kind * next_kind + row * SIDE5 * next) + half;
          if (windows == 2) {
            slopes_to_points5(4, in[kind][row], out);
            UNROLL for (int p = 0; p < SIDE5; p++) to[p * next * PARTS] = out[p];
          } else {
            slopes_to_points5(2, in[kind][row], out);
            UNROLL for (int p = 0; p < 6; p++) to[p * next * PARTS] = out[p];
          }
        }
      }
    }
  }
}

static void box5_weight_gradients(const ward_conv *conv, ward_planes xs, const float *c_in, const float *r_in,
                                  ward_planes gys, const float *gc, const float *gr, const uint8_t *low_at,
                                  const uint8_t *high_at, float *gw, int32_t accumulate, float *absolute,
                                  int32_t accumulate_absolute, float *gb, float *scratch) {
  const int inputs = conv->inputs, outputs = conv->outputs;
  const box5 s = box5_places(conv, gys.width, scratch);
  const ptrdiff_t plane = (ptrdiff_t)gys.height * gys.width, kinds = 4 * s.row_size, size = 2 * s.row_size;
  const float *from[2] = {c_in, r_in};
  for (int kind = 0; kind < 2; kind++) memset(s.sums[kind], 0, (ptrdiff_t)outputs * inputs * ROW_SUMS * sizeof(v16));
  memset(s.totals, 0, outputs * sizeof(v16));
  for (int y = 0; y < gys.height; y++) {
    for (int kind = 0; kind < 2; kind++)
      ring_rows(conv, xs, from[kind], y, s.wide, s.narrow, s.zeros, s.rings[kind], s.rows[kind]);
    for (int o = 0; o < outputs; o += 2) {
      const int two = outputs - o > 1;
      for (int j = 0; j <= two; j++) {
        const ptrdiff_t at = (ptrdiff_t)(o + j) * gys.plane + y * gys.row, end = (o + j) * plane + y * gys.width;
        ends_to_points((const v16 *)gc + at, (const v16 *)gr + at, (ends5){(b16 *)low_at + end, (b16 *)high_at + end}, s.wide,
                       s.narrow, s.m + j * size, kinds, s.next, s.totals + o + j);
      }
      for (int kind = 0; kind < 2; kind++) {
        const v16 *z = s.m + kind * kinds;
        for (int c = 0; c < inputs; c++) {
          v16 *to = s.sums[kind] + ((ptrdiff_t)o * inputs + c) * ROW_SUMS;
          for (int p = 0; p < SIDE5; p++) {
            const int count = p < 6 ? s.tiles : s.wide;
#define RUN(OUT) add_row_products(OUT, s.rows[kind] + c * RING, p * s.next, count, z + p * s.next, s.row_size, size, \
                                  to + p * TALL, (ptrdiff_t)inputs * ROW_SUMS)
            if (two) RUN(2);
            else RUN(1);
#undef RUN
          }
        }
      }
    }
  }
  rows5_weights(s.sums[0], outputs * inputs, gw, accumulate);
  rows5_weights(s.sums[1], outputs * inputs, absolute, accumulate_absolute);
  for (int o = 0; gb && o < outputs; o++) gb[o] += sum_lanes(s.totals[o]);
}
