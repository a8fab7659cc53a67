// 3x3 convolutions with a quarter of the products: 4x4 pixels at a time are made from 36 numbers a channel instead of 144
// products (Lavin & Gray, CVPR 2016, arXiv 1509.09308: F(4x4, 3x3), the points 0, 1, -1, 2, -2 and infinity).
//
//   forward    y = A' (sum over c of U V) A, with V = B' x B of the 6x6 pixels around, U = G w G' once for all images
//   by input   gx += B (sum over o of U Z) B', with Z = A gy A': the same steps the other way round
//   by weights gw = G' (sum over tiles and images of Z V) G
//
// Between the transforms stands one small matrix product a point. Rounding errors are some ten times those of the plain
// sum: equal pixels need not give equal sums, so nothing that has to break ties should be computed this way.
//
// Each sum takes its terms in the order of channels, or of tiles and then images, however the registers are filled.

enum { POINTS = WARD_WINOGRAD_POINTS, TILE_SIDE = 4, PATCH = 6, SPREAD = WARD_WINOGRAD_SPREAD };

// One direction of V: 6 pixels to 6 points.
INLINE void pixels_to_points(const part *x, part *v) {
  const part even = x[4] - 4 * x[2], odd = x[3] - 4 * x[1], near = x[4] - x[2], far = 2 * (x[3] - x[1]);
  v[0] = 4 * x[0] + (x[4] - 5 * x[2]);
  v[1] = even + odd;
  v[2] = even - odd;
  v[3] = near + far;
  v[4] = near - far;
  v[5] = 4 * x[1] + (x[5] - 5 * x[3]);
}
// One direction of Y: 6 points to 4 sums.
INLINE void points_to_sums(const part *m, part *y) {
  const part s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
  y[0] = m[0] + s1 + s2;
  y[1] = d1 + 2 * d2;
  y[2] = s1 + 4 * s2;
  y[3] = d1 + 8 * d2 + m[5];
}
// One direction of Z: the gradients of 4 sums to 6 points.
INLINE void slopes_to_points(const part *g, part *z) {
  const part e1 = g[0] + g[2], o1 = g[1] + g[3], e2 = g[0] + 4 * g[2], o2 = 2 * (g[1] + 4 * g[3]);
  z[0] = g[0];
  z[1] = e1 + o1;
  z[2] = e1 - o1;
  z[3] = e2 + o2;
  z[4] = e2 - o2;
  z[5] = g[3];
}
// One direction of the gradient by the input: 6 points to 6 pixels.
INLINE void points_to_pixels(const part *m, part *x) {
  const part s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
  x[0] = 4 * m[0];
  x[1] = 4 * (m[5] - d1) - 2 * d2;
  x[2] = -5 * m[0] - 4 * s1 - s2;
  x[3] = d1 + 2 * d2 - 5 * m[5];
  x[4] = m[0] + s1 + s2;
  x[5] = m[5];
}
// One direction of U: 3 weights to 6 points; and of the gradient by the weights, the other way round.
#define SIXTH (1 / 6.0f)
INLINE void weights_to_points(const v16 *g, v16 *u) {
  const v16 near = g[0] + g[2], f = (0.25f * g[0] + g[2]) * SIXTH, h = 0.5f * g[1] * SIXTH;
  u[0] = 0.25f * g[0];
  u[1] = -SIXTH * (near + g[1]);
  u[2] = SIXTH * (g[1] - near);
  u[3] = f + h;
  u[4] = f - h;
  u[5] = g[2];
}
INLINE void points_to_weights(const v16 *u, v16 *g) {
  const v16 s1 = u[1] + u[2], d1 = u[1] - u[2], s2 = u[3] + u[4], d2 = u[3] - u[4];
  g[0] = 0.25f * u[0] + SIXTH * (0.25f * s2 - s1);
  g[1] = SIXTH * (0.5f * d2 - d1);
  g[2] = SIXTH * (s2 - s1) + u[5];
}

// The 6x6 pixels from `x` on to 36 points, `next` vectors apart.
INLINE void transform_pixels(const v16 *x, ptrdiff_t row, v16 *v, ptrdiff_t next) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)x + half;
    part *to = (part *)v + half, t[PATCH][PATCH];
    UNROLL for (int j = 0; j < PATCH; j++) {
      part in[PATCH], out[PATCH];
      UNROLL for (int i = 0; i < PATCH; i++) in[i] = from[(i * row + j) * PARTS];
      pixels_to_points(in, out);
      UNROLL for (int i = 0; i < PATCH; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < PATCH; i++) {
      part out[PATCH];
      pixels_to_points(t[i], out);
      UNROLL for (int j = 0; j < PATCH; j++) to[(i * PATCH + j) * next * PARTS] = out[j];
    }
  }
}

INLINE void transform_slopes(const v16 *gy, ptrdiff_t row, v16 *z, ptrdiff_t next) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)gy + half;
    part *to = (part *)z + half, t[PATCH][TILE_SIDE];
    UNROLL for (int j = 0; j < TILE_SIDE; j++) {
      part in[TILE_SIDE], out[PATCH];
      UNROLL for (int i = 0; i < TILE_SIDE; i++) in[i] = from[(i * row + j) * PARTS];
      slopes_to_points(in, out);
      UNROLL for (int i = 0; i < PATCH; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < PATCH; i++) {
      part out[PATCH];
      slopes_to_points(t[i], out);
      UNROLL for (int j = 0; j < PATCH; j++) to[(i * PATCH + j) * next * PARTS] = out[j];
    }
  }
}

INLINE part part_relu(part x) {
#if WIDE
  return relu(x);
#else
  typedef int32_t whole __attribute__((vector_size(32)));
  const whole negative = (whole)(x < 0.0f);
  return (part)((whole)x & ~negative);  // NaN stays, as in `relu`
#endif
}

// 36 points, `next` vectors apart, to a tile of the output.
INLINE void store_sums(const v16 *m, ptrdiff_t next, float bias, int activate, v16 *y, ptrdiff_t row) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)m + half;
    part *to = (part *)y + half, t[TILE_SIDE][PATCH];
    UNROLL for (int j = 0; j < PATCH; j++) {
      part in[PATCH], out[TILE_SIDE];
      UNROLL for (int i = 0; i < PATCH; i++) in[i] = from[(i * PATCH + j) * next * PARTS];
      points_to_sums(in, out);
      UNROLL for (int i = 0; i < TILE_SIDE; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < TILE_SIDE; i++) {
      part out[TILE_SIDE];
      points_to_sums(t[i], out);
      UNROLL for (int j = 0; j < TILE_SIDE; j++) {
        const part sum = out[j] + bias;
        to[(i * row + j) * PARTS] = activate ? part_relu(sum) : sum;
      }
    }
  }
}

// Which sides of a tile's 6x6 pixels lie outside the image, or overlap tiles that have been there before.
typedef struct {
  int top, left, bottom, right;
} edges;

// 36 points to the gradient of the 6x6 pixels from `gx` on. Tiles come row by row: of two that share a pixel the first
// stores it and the second adds to it, so that no one has to write zeros first.
INLINE void add_pixels(const v16 *m, ptrdiff_t next, edges at, v16 *gx, ptrdiff_t row) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)m + half;
    part *to = (part *)gx + half, t[PATCH][PATCH];
    UNROLL for (int j = 0; j < PATCH; j++) {
      part in[PATCH], out[PATCH];
      UNROLL for (int i = 0; i < PATCH; i++) in[i] = from[(i * PATCH + j) * next * PARTS];
      points_to_pixels(in, out);
      UNROLL for (int i = 0; i < PATCH; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < PATCH; i++) {
      if ((i == 0 && at.top) || (i == PATCH - 1 && at.bottom)) continue;
      const int over = i < 2 && !at.top;
      part out[PATCH], *line = to + i * row * PARTS;
      points_to_pixels(t[i], out);
      if (!at.left) line[0] += out[0];
      if (over || !at.left) line[PARTS] += out[1];
      else line[PARTS] = out[1];
      UNROLL for (int j = 2; j < PATCH; j++) {
        if (j == PATCH - 1 && at.right) continue;
        if (over) line[j * PARTS] += out[j];
        else line[j * PARTS] = out[j];
      }
    }
  }
}

// CB of 16 sums over channels at one point, for TB tiles `v_tile` and `m_tile` apart.
INLINE void multiply_point(const int CB, const int TB, int channels, const v16 *v, ptrdiff_t v_tile, const float *u,
                           v16 *m, ptrdiff_t m_tile) {
  v16 acc[16];
  UNROLL for (int i = 0; i < CB * TB; i++) acc[i] = splat(0);
  for (int c = 0; c < channels; c++, v++, u += L) {
    v16 x[4];
    UNROLL for (int t = 0; t < TB; t++) x[t] = v[t * v_tile];
    UNROLL for (int j = 0; j < CB; j++) {
      const v16 s = splat(u[j]);
      UNROLL for (int t = 0; t < TB; t++) acc[j * TB + t] += s * x[t];
    }
  }
  UNROLL for (int j = 0; j < CB; j++) {
    UNROLL for (int t = 0; t < TB; t++) m[t * m_tile + j] = acc[j * TB + t];
  }
}

// 16 sums at each point for all tiles of a block: m = sum over channels of u v.
static void multiply_points(int channels, int tiles, const v16 *v, ptrdiff_t v_next, ptrdiff_t v_tile, const float *u,
                            ptrdiff_t u_next, v16 *m, ptrdiff_t m_next) {
  for (int p = 0; p < POINTS; p++, v += v_next, u += u_next, m += m_next) {
    int t = 0;
#define RUN(CB, TB, J) multiply_point(CB, TB, channels, v + t * v_tile, v_tile, u + (J), m + t * L + (J), L)
#if WIDE
    for (; t + 4 <= tiles; t += 4) {
      for (int j = 0; j < L; j += 4) RUN(4, 4, j);
    }
    for (; t + 2 <= tiles; t += 2) {
      for (int j = 0; j < L; j += 8) RUN(8, 2, j);
    }
    for (; t < tiles; t++) RUN(16, 1, 0);
#else
    for (; t < tiles; t++) {
      RUN(6, 1, 0);
      RUN(5, 1, 6);
      RUN(5, 1, 11);
    }
#endif
#undef RUN
  }
}

// Adds CB outputs by 16 inputs of one point: over tiles, and then images, which `x` has one after the other.
INLINE void multiply_weights(const int CB, int tiles, const v16 *x, const float *z, ptrdiff_t z_tile, int fresh,
                             v16 *du) {
  v16 acc[8];
  UNROLL for (int j = 0; j < CB; j++) acc[j] = splat(0);
  for (int t = 0; t < tiles; t++, z += z_tile * L) {
    for (int n = 0; n < L; n++) {
      const v16 in = *x++;
      UNROLL for (int j = 0; j < CB; j++) acc[j] += splat(z[j * L + n]) * in;
    }
  }
  UNROLL for (int j = 0; j < CB; j++) du[j] = fresh ? acc[j] : du[j] + acc[j];
}

static void multiply_all_weights(int inputs, int outputs, int tiles, const v16 *v, ptrdiff_t v_next, ptrdiff_t v_tile,
                                 const v16 *z, ptrdiff_t z_next, ptrdiff_t z_tile, int fresh, v16 *du) {
  v16 turned[WARD_WINOGRAD_TILES * L];
  for (int p = 0; p < POINTS; p++, v += v_next, z += z_next) {
    for (int c = 0; c < inputs; c += L) {
      for (int t = 0; t < tiles; t++) transpose(v + t * v_tile + c, turned + t * L);
      for (int o = 0; o < outputs;) {
        const int left = outputs - o;
        const float *slope = (const float *)(z + o);
#define RUN(CB) multiply_weights(CB, tiles, turned, slope, z_tile, fresh, du); o += CB; du += CB
#if WIDE
        if (left >= 8) { RUN(8); }
        else if (left >= 4) { RUN(4); }
        else { RUN(1); }
#else
        if (left % 5 == 0) { RUN(5); }
        else if (left >= 6) { RUN(6); }
        else if (left >= 4) { RUN(4); }
        else { RUN(1); }
#endif
#undef RUN
      }
    }
  }
}

// Where things lie. Channels are rounded up to 16; points lie an odd number of vectors apart, since at a multiple of 4 KB
// all 36 of a tile would fall on the same few lines of the cache.
typedef struct {
  int inputs, outputs, tiles;          // rounded up; tiles at once
  ptrdiff_t v_next, z_next, m_next;    // from one point to the next
  v16 *v, *z, *m, *du;
} winograd;

INLINE winograd winograd_places(const ward_conv *conv, float *scratch) {
  winograd s = {.inputs = (conv->inputs + L - 1) / L * L, .outputs = (conv->outputs + L - 1) / L * L};
  s.tiles = ward_winograd_tiles(conv);
  s.v_next = s.tiles * s.inputs + SPREAD;
  s.z_next = s.tiles * s.outputs + SPREAD;
  s.m_next = s.tiles * L + SPREAD;
  s.m = (v16 *)scratch;
  s.z = s.m + POINTS * s.m_next;
  s.v = s.z + POINTS * s.z_next;
  s.du = s.v + POINTS * s.v_next;
  return s;
}

// U in blocks of 16 of the channels that come out: [point][block][channel that is summed over][16]. `step` and `sum_step`:
// floats from one to the next in the weights.
static void winograd_filters(const float *w, int count, ptrdiff_t step, int summed, ptrdiff_t sum_step, float *u) {
  const ptrdiff_t next = (ptrdiff_t)((count + L - 1) / L) * summed;
  v16 *to = (v16 *)u;
  for (int j = 0; j < count; j += L) {
    const int here = count - j < L ? count - j : L;
    for (int c = 0; c < summed; c++, to++) {
      v16 g[3][3], t[PATCH][3];
      memset(g, 0, sizeof g);
      for (int i = 0; i < here; i++) {
        const float *from = w + (j + i) * step + c * sum_step;
        for (int k = 0; k < 9; k++) ((float *)&g[k % 3][k / 3])[i] = from[k];
      }
      UNROLL for (int x = 0; x < 3; x++) {
        v16 out[PATCH];
        weights_to_points(g[x], out);
        UNROLL for (int i = 0; i < PATCH; i++) t[i][x] = out[i];
      }
      UNROLL for (int i = 0; i < PATCH; i++) {
        v16 out[PATCH];
        weights_to_points(t[i], out);
        UNROLL for (int k = 0; k < PATCH; k++) to[(i * PATCH + k) * next] = out[k];
      }
    }
  }
}

static void winograd_pack(const ward_conv *conv, const float *w, float *forward, float *backward) {
  const int inputs = conv->inputs, outputs = conv->outputs;
  if (forward) winograd_filters(w, outputs, (ptrdiff_t)inputs * 9, inputs, 9, forward);
  if (backward) winograd_filters(w, inputs, 9, outputs, (ptrdiff_t)inputs * 9, backward);
}

// The first pixel of tile `first + t`, or the one `by` further down and right.
#define CORNER(of, planes, channel, by)                                                                   \
  ((v16 *)(of) + (ptrdiff_t)(channel) * (planes).plane + ((first + t) / across * TILE_SIDE + (by)) * (planes).row + \
   (first + t) % across * TILE_SIDE + (by))

static void winograd_forward(const ward_conv *conv, ward_planes xs, const float *x, const float *u, const float *b,
                             ward_planes ys, float *y, int32_t activate, float *scratch) {
  const winograd s = winograd_places(conv, scratch);
  const int across = ys.width / TILE_SIDE, all = across * (ys.height / TILE_SIDE);
  const ptrdiff_t block = (ptrdiff_t)conv->inputs * L, u_next = s.outputs / L * block;
  for (int first = 0; first < all; first += s.tiles) {
    const int tiles = all - first < s.tiles ? all - first : s.tiles;
    for (int c = 0; c < conv->inputs; c++) {
      for (int t = 0; t < tiles; t++) transform_pixels(CORNER(x, xs, c, -1), xs.row, s.v + t * s.inputs + c, s.v_next);
    }
    for (int o = 0; o < conv->outputs; o += L) {
      multiply_points(conv->inputs, tiles, s.v, s.v_next, s.inputs, u + o / L * block, u_next, s.m, s.m_next);
      for (int j = 0; j < L && o + j < conv->outputs; j++) {
        for (int t = 0; t < tiles; t++)
          store_sums(s.m + t * L + j, s.m_next, b ? b[o + j] : 0, activate, CORNER(y, ys, o + j, 0), ys.row);
      }
    }
  }
}

// The gradient by 16 inputs of each output's weights, from its points.
static void winograd_weights(const ward_conv *conv, const winograd *s, float *gw, int accumulate) {
  const ptrdiff_t next = (ptrdiff_t)s->inputs / L * conv->outputs;
  const v16 *du = s->du;
  for (int c = 0; c < conv->inputs; c += L) {
    const int here = (conv->inputs - c < L ? conv->inputs - c : L) * 9;
    for (int o = 0; o < conv->outputs; o++, du++) {
      v16 t[3][PATCH], g[9];
      float rows[9 * L];
      UNROLL for (int j = 0; j < PATCH; j++) {
        v16 in[PATCH], out[3];
        UNROLL for (int i = 0; i < PATCH; i++) in[i] = du[(i * PATCH + j) * next];
        points_to_weights(in, out);
        UNROLL for (int i = 0; i < 3; i++) t[i][j] = out[i];
      }
      UNROLL for (int i = 0; i < 3; i++) points_to_weights(t[i], g + 3 * i);
      for (int i = 0; i < L; i++) {
        for (int k = 0; k < 9; k++) rows[i * 9 + k] = ((const float *)&g[k])[i];
      }
      float *to = gw + ((ptrdiff_t)o * conv->inputs + c) * 9;
      if (accumulate) {
        for (int i = 0; i < here; i++) to[i] += rows[i];
      } else {
        memcpy(to, rows, here * sizeof(float));
      }
    }
  }
}

static void winograd_backward(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys, const float *gy,
                              const float *u, ward_planes gxs, float *gx, float *gw, int32_t accumulate,
                              float *scratch) {
  const winograd s = winograd_places(conv, scratch);
  const int across = gys.width / TILE_SIDE, down = gys.height / TILE_SIDE, all = across * down;
  const ptrdiff_t block = (ptrdiff_t)conv->outputs * L, u_next = s.inputs / L * block;
  for (int first = 0; first < all; first += s.tiles) {
    const int tiles = all - first < s.tiles ? all - first : s.tiles;
    for (int o = 0; o < conv->outputs; o++) {
      for (int t = 0; t < tiles; t++) transform_slopes(CORNER(gy, gys, o, 0), gys.row, s.z + t * s.outputs + o, s.z_next);
    }
    if (gw) {
      for (int c = 0; c < conv->inputs; c++) {
        for (int t = 0; t < tiles; t++)
          transform_pixels(CORNER(x, xs, c, -1), xs.row, s.v + t * s.inputs + c, s.v_next);
      }
      multiply_all_weights(conv->inputs, conv->outputs, tiles, s.v, s.v_next, s.inputs, s.z, s.z_next, s.outputs,
                           first == 0, s.du);
    }
    if (!gx) continue;
    for (int c = 0; c < conv->inputs; c += L) {
      multiply_points(conv->outputs, tiles, s.z, s.z_next, s.outputs, u + c / L * block, u_next, s.m, s.m_next);
      for (int j = 0; j < L && c + j < conv->inputs; j++) {
        for (int t = 0; t < tiles; t++) {
          const int row = (first + t) / across, column = (first + t) % across;
          const edges at = {row == 0, column == 0, row == down - 1, column == across - 1};
          add_pixels(s.m + t * L + j, s.m_next, at, CORNER(gx, gxs, c + j, -1), gxs.row);
        }
      }
    }
  }
  if (gw) winograd_weights(conv, &s, gw, accumulate);
}
#undef CORNER
#undef SIXTH
