// 5x5 convolutions with a fifth of the products: 4x4 pixels from 64 numbers a channel instead of 400 products, at the points
// 0, 1, -1, 2, -2, infinity, 1/2 and -1/2. What is left of a side that is no multiple of 4 takes tiles of 2, at the first
// six of these points: they share U, which does not know how many pixels are made of it. See winograd.h for the steps.
//
// One tile is taken through all of them before the next, so that everything between stays in the second cache. Under a
// 2x2 maximum the gradient comes pooled, and is spread by the winners on its way into the transform.

enum { SIDE5 = WARD_WINOGRAD5_SIDE };

// One direction of a tile that makes `count` pixels, 4 or 2: as many pixels or points go in or out as the names say.
INLINE void pixels_to_points5(const int count, const part *x, part *v) {
  if (count == 4) {
    const part e1 = x[2] + x[6] - 4.25f * x[4], o1 = x[1] + x[5] - 4.25f * x[3];
    const part e2 = x[6] - 1.25f * x[4] + 0.25f * x[2], o2 = 2 * x[5] - 2.5f * x[3] + 0.5f * x[1];
    const part e3 = x[6] - 5 * x[4] + 4 * x[2], o3 = 0.5f * x[5] - 2.5f * x[3] + 2 * x[1];
    v[0] = (x[6] - x[0]) + 5.25f * (x[2] - x[4]);
    v[1] = e1 + o1;
    v[2] = e1 - o1;
    v[3] = e2 + o2;
    v[4] = e2 - o2;
    v[5] = (x[7] - x[1]) + 5.25f * (x[3] - x[5]);
    v[6] = e3 + o3;
    v[7] = e3 - o3;
  } else {
    const part e1 = 0.75f * x[4] - 3 * x[2], o1 = 0.75f * x[3] - 3 * x[1];
    const part e2 = 3.75f * (x[4] - x[2]), o2 = 7.5f * (x[3] - x[1]);
    v[0] = 1.25f * x[2] - 0.25f * x[4] - x[0];
    v[1] = e1 + o1;
    v[2] = e1 - o1;
    v[3] = e2 + o2;
    v[4] = e2 - o2;
    v[5] = 4 * x[1] - 5 * x[3] + x[5];
  }
}
INLINE void points_to_pixels5(const int count, const part *m, part *x) {
  const part s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
  if (count == 4) {
    const part s3 = m[6] + m[7], d3 = m[6] - m[7];
    x[0] = -m[0];
    x[1] = d1 + 0.5f * d2 + 2 * d3 - m[5];
    x[2] = 5.25f * m[0] + s1 + 0.25f * s2 + 4 * s3;
    x[3] = 5.25f * m[5] - 4.25f * d1 - 2.5f * (d2 + d3);
    x[4] = -5.25f * m[0] - 4.25f * s1 - 1.25f * s2 - 5 * s3;
    x[5] = d1 + 2 * d2 + 0.5f * d3 - 5.25f * m[5];
    x[6] = m[0] + s1 + s2 + s3;
    x[7] = m[5];
  } else {
    x[0] = -m[0];
    x[1] = 4 * m[5] - 3 * d1 - 7.5f * d2;
    x[2] = 1.25f * m[0] - 3 * s1 - 3.75f * s2;
    x[3] = 0.75f * d1 + 7.5f * d2 - 5 * m[5];
    x[4] = 0.75f * s1 + 3.75f * s2 - 0.25f * m[0];
    x[5] = m[5];
  }
}
INLINE void slopes_to_points5(const int count, const part *g, part *z) {
  z[0] = g[0];
  if (count == 4) {
    const part e1 = g[0] + g[2], o1 = g[1] + g[3], e2 = g[0] + 4 * g[2], o2 = 2 * g[1] + 8 * g[3];
    const part e3 = g[0] + 0.25f * g[2], o3 = 0.5f * g[1] + 0.125f * g[3];
    z[1] = e1 + o1;
    z[2] = e1 - o1;
    z[3] = e2 + o2;
    z[4] = e2 - o2;
    z[5] = g[3];
    z[6] = e3 + o3;
    z[7] = e3 - o3;
  } else {
    z[1] = g[0] + g[1];
    z[2] = g[0] - g[1];
    z[3] = g[0] + 2 * g[1];
    z[4] = g[0] - 2 * g[1];
    z[5] = g[1];
  }
}
INLINE void points_to_sums5(const int count, const part *m, part *y) {
  const part s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[4], d2 = m[3] - m[4];
  if (count == 4) {
    const part s3 = m[6] + m[7], d3 = m[6] - m[7];
    y[0] = m[0] + s1 + s2 + s3;
    y[1] = d1 + 2 * d2 + 0.5f * d3;
    y[2] = s1 + 4 * s2 + 0.25f * s3;
    y[3] = d1 + 8 * d2 + 0.125f * d3 + m[5];
  } else {
    y[0] = m[0] + s1 + s2;
    y[1] = d1 + 2 * d2 + m[5];
  }
}
INLINE void weights_to_points5(const v16 *g, v16 *u) {
  const float first = -2 / 9.0f, second = 1 / 90.0f, third = 32 / 45.0f;
  const v16 e1 = first * (g[0] + g[2] + g[4]), o1 = first * (g[1] + g[3]);
  const v16 e2 = second * (g[0] + 4 * g[2] + 16 * g[4]), o2 = second * (2 * g[1] + 8 * g[3]);
  const v16 e3 = third * (g[0] + 0.25f * g[2] + 0.0625f * g[4]), o3 = third * (0.5f * g[1] + 0.125f * g[3]);
  u[0] = -g[0];
  u[1] = e1 + o1;
  u[2] = e1 - o1;
  u[3] = e2 + o2;
  u[4] = e2 - o2;
  u[5] = g[4];
  u[6] = e3 + o3;
  u[7] = e3 - o3;
}
INLINE void points_to_weights5(const v16 *u, v16 *g) {
  const float first = -2 / 9.0f, second = 1 / 90.0f, third = 32 / 45.0f;
  const v16 s1 = first * (u[1] + u[2]), d1 = first * (u[1] - u[2]);
  const v16 s2 = second * (u[3] + u[4]), d2 = second * (u[3] - u[4]);
  const v16 s3 = third * (u[6] + u[7]), d3 = third * (u[6] - u[7]);
  g[0] = s1 + s2 + s3 - u[0];
  g[1] = d1 + 2 * d2 + 0.5f * d3;
  g[2] = s1 + 4 * s2 + 0.25f * s3;
  g[3] = d1 + 8 * d2 + 0.125f * d3;
  g[4] = s1 + 16 * s2 + 0.0625f * s3 + u[5];
}

// Loops over both directions of a tile of DOWN x ACROSS pixels, half a vector at a time where registers are short. A tile
// of n pixels has n + 4 points.
INLINE void transform_pixels5(const int DOWN, const int ACROSS, const v16 *x, ptrdiff_t row, v16 *v, ptrdiff_t next) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)x + half;
    part *to = (part *)v + half, t[SIDE5][SIDE5];
    UNROLL for (int j = 0; j < ACROSS + 4; j++) {
      part in[SIDE5], out[SIDE5];
      UNROLL for (int i = 0; i < DOWN + 4; i++) in[i] = from[(i * row + j) * PARTS];
      pixels_to_points5(DOWN, in, out);
      UNROLL for (int i = 0; i < DOWN + 4; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < DOWN + 4; i++) {
      part out[SIDE5];
      pixels_to_points5(ACROSS, t[i], out);
      UNROLL for (int j = 0; j < ACROSS + 4; j++) to[j * next * PARTS] = out[j];
      to += SIDE5 * next * PARTS;
      FORGET(to);
    }
  }
}

// A tile of gradients, of a pooled image if there are winners. Notes in `alive` which pixels have any.
typedef struct {
  const v16 *slope;
  const b16 *winner;
  ptrdiff_t row, winner_row;
} slopes;

INLINE void transform_slopes5(const int POOLED, const int DOWN, const int ACROSS, slopes g, v16 *z, ptrdiff_t next,
                              i16 *alive, ptrdiff_t alive_row) {
  for (int half = 0; half < PARTS; half++) {
    part in[4][4], t[SIDE5][4], *to = (part *)z + half;
    const part *from = (const part *)g.slope + half;
    if (POOLED) {
      UNROLL for (int i = 0; i < DOWN / 2; i++) {
        UNROLL for (int j = 0; j < ACROSS / 2; j++) {
          const i16 all = __builtin_convertvector(g.winner[i * g.winner_row + j], i16);
          const ipart won = ((const ipart *)&all)[half];
          const ipart slope = (ipart)from[(i * g.row + j) * PARTS];
          UNROLL for (int q = 0; q < 4; q++) in[2 * i + q / 2][2 * j + q % 2] = (part)(slope & (won == q));
        }
      }
    } else {
      UNROLL for (int i = 0; i < DOWN; i++) {
        UNROLL for (int j = 0; j < ACROSS; j++) in[i][j] = from[(i * g.row + j) * PARTS];
      }
    }
    UNROLL for (int i = 0; i < DOWN; i++) {
      UNROLL for (int j = 0; j < ACROSS; j++) ((ipart *)(alive + i * alive_row + j))[half] |= (ipart)in[i][j];
    }
    UNROLL for (int j = 0; j < ACROSS; j++) {
      part column[4], out[SIDE5];
      UNROLL for (int i = 0; i < DOWN; i++) column[i] = in[i][j];
      slopes_to_points5(DOWN, column, out);
      UNROLL for (int i = 0; i < DOWN + 4; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < DOWN + 4; i++) {
      part out[SIDE5];
      slopes_to_points5(ACROSS, t[i], out);
      UNROLL for (int j = 0; j < ACROSS + 4; j++) to[j * next * PARTS] = out[j];
      to += SIDE5 * next * PARTS;
      FORGET(to);
    }
  }
}

INLINE void store_sums5(const int POOLED, const int DOWN, const int ACROSS, const v16 *m, ptrdiff_t next, float bias,
                        int activate, v16 *y, ptrdiff_t row, b16 *winner, ptrdiff_t winner_row) {
  i16 won[4];
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)m + half;
    part *to = (part *)y + half, t[4][SIDE5], sums[4][4];
    UNROLL for (int j = 0; j < ACROSS + 4; j++) {
      part in[SIDE5], out[4];
      UNROLL for (int i = 0; i < DOWN + 4; i++) in[i] = from[(i * SIDE5 + j) * next * PARTS];
      points_to_sums5(DOWN, in, out);
      UNROLL for (int i = 0; i < DOWN; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < DOWN; i++) {
      points_to_sums5(ACROSS, t[i], sums[i]);
      UNROLL for (int j = 0; j < ACROSS; j++) {
        sums[i][j] += bias;
        if (!POOLED) to[(i * row + j) * PARTS] = activate ? part_relu(sums[i][j]) : sums[i][j];
      }
    }
    if (POOLED) pool_sums(DOWN, ACROSS, half, sums, y, row, won);
  }
  if (POOLED) store_winners(DOWN, ACROSS, won, winner, winner_row);
}

typedef struct {
  int top, left, bottom, right;
} edges;

// The gradient of the pixels of a tile, added to what tiles above and to the left have stored there, if there are any.
// `inside`: where the image begins and ends, seen from `gx`.
INLINE void add_pixels5_of(const int DOWN, const int ACROSS, const int CLIPS, const v16 *m, ptrdiff_t next, int above,
                           int before, edges inside, v16 *gx, ptrdiff_t row) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)m + half;
    part *to = (part *)gx + half, t[SIDE5][SIDE5];
    UNROLL for (int j = 0; j < ACROSS + 4; j++) {
      part in[SIDE5], out[SIDE5];
      UNROLL for (int i = 0; i < DOWN + 4; i++) in[i] = from[(i * SIDE5 + j) * next * PARTS];
      points_to_pixels5(DOWN, in, out);
      UNROLL for (int i = 0; i < DOWN + 4; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < DOWN + 4; i++, to += row * PARTS) {
      FORGET(to);
      if (CLIPS && (i < inside.top || i >= inside.bottom)) continue;
      const int over = i < 4 && above;
      part out[SIDE5];
      points_to_pixels5(ACROSS, t[i], out);
      if (CLIPS) {
        for (int j = inside.left > 0 ? inside.left : 0; j < inside.right && j < ACROSS + 4; j++)
          to[j * PARTS] = over || (j < 4 && before) ? to[j * PARTS] + out[j] : out[j];
        continue;
      }
      UNROLL for (int j = 0; j < ACROSS + 4; j++) {
        if (over || (j < 4 && before)) to[j * PARTS] += out[j];
        else to[j * PARTS] = out[j];
      }
    }
  }
}

// A branch for every pixel would take as long as the sums.
INLINE void add_pixels5(const int DOWN, const int ACROSS, const v16 *m, ptrdiff_t next, int above, int before,
                        edges inside, v16 *gx, ptrdiff_t row) {
  const int clips = inside.left > 0 || inside.right < ACROSS + 4 || inside.top > 0 || inside.bottom < DOWN + 4;
  if (clips) add_pixels5_of(DOWN, ACROSS, 1, m, next, above, before, inside, gx, row);
  else if (above && before) add_pixels5_of(DOWN, ACROSS, 0, m, next, 1, 1, inside, gx, row);
  else if (above) add_pixels5_of(DOWN, ACROSS, 0, m, next, 1, 0, inside, gx, row);
  else if (before) add_pixels5_of(DOWN, ACROSS, 0, m, next, 0, 1, inside, gx, row);
  else add_pixels5_of(DOWN, ACROSS, 0, m, next, 0, 0, inside, gx, row);
}

INLINE void multiply_point5(const int CB, int channels, const v16 *v, const float *u, ptrdiff_t u_step, v16 *m) {
  v16 acc[16];
  UNROLL for (int j = 0; j < CB; j++) acc[j] = splat(0);
  for (int c = 1; c < channels; c++, u += u_step, v++) {
    const v16 x = *v;
    UNROLL for (int j = 0; j < CB; j++) acc[j] += splat(u[j]) * x;
  }
  const v16 x = *v;
  UNROLL for (int j = 0; j < CB; j++) m[j] = acc[j] + splat(u[j]) * x;  // a burst of stores would keep products waiting
}

// Sums over channels at every point of a tile: m[j] = sum over c of u[c][j] v[c].
INLINE void multiply_points5(const int DOWN, const int ACROSS, int channels, const v16 *v, ptrdiff_t v_next,
                             const float *u, ptrdiff_t u_step, ptrdiff_t u_next, int made, v16 *m, ptrdiff_t m_next) {
  for (int i = 0; i < DOWN + 4; i++) {
    for (int j = 0; j < ACROSS + 4; j++) {
      const int p = i * SIDE5 + j;
      for (int o = 0; o < made;) {
        const int left = made - o;
#define RUN(CB) multiply_point5(CB, channels, v + p * v_next, u + p * u_next + o, u_step, m + p * m_next + o); o += CB
#if WIDE
        if (left >= 16) { RUN(16); }
        else if (left >= 8) { RUN(8); }
        else if (left >= 6) { RUN(6); }
#else
        if (left % 5 == 0) { RUN(5); }
        else if (left >= 6) { RUN(6); }
#endif
        else if (left >= 4) { RUN(4); }
        else if (left >= 2) { RUN(2); }
        else { RUN(1); }
#undef RUN
      }
    }
  }
}

// Adds the products of the 16 outputs from `z` on and all inputs, at every point of a tile: over the images, which the
// outputs, turned, have one after the other. du: [point][input][16 outputs].
INLINE void multiply_weights5(const int DOWN, const int ACROSS, int inputs, const v16 *v, ptrdiff_t v_next, const v16 *z,
                              ptrdiff_t z_next, int fresh, v16 *du) {
  v16 turned[L];
  for (int i = 0; i < DOWN + 4; i++) {
    for (int j = 0; j < ACROSS + 4; j++) {
      const int p = i * SIDE5 + j;
      const float *x = (const float *)(v + p * v_next);
      v16 *to = du + p * inputs;
      transpose(z + p * z_next, turned);
      for (int c = 0; c < inputs;) {
        const int left = inputs - c;
#define RUN(CB) multiply_weights(CB, 1, 1, turned, 0, x + c * L, 0, fresh, to + c, 0); c += CB
#if WIDE
        if (left >= 8) { RUN(8); }
#else
        if (left % 5 == 0) { RUN(5); }
#endif
        else if (left >= 6) { RUN(6); }
        else if (left >= 4) { RUN(4); }
        else if (left >= 2) { RUN(2); }
        else { RUN(1); }
#undef RUN
      }
    }
  }
}

// The gradient of the weights of 16 outputs, from its points.
static void winograd5_weights(const ward_conv *conv, const v16 *du, int first, float *gw, int accumulate) {
  const int outputs = conv->outputs - first < L ? conv->outputs - first : L;
  for (int c = 0; c < conv->inputs; c++, du++) {
    v16 t[5][SIDE5], g[25];
    UNROLL for (int j = 0; j < SIDE5; j++) {
      v16 in[SIDE5], out[5];
      UNROLL for (int i = 0; i < SIDE5; i++) in[i] = du[(i * SIDE5 + j) * conv->inputs];
      points_to_weights5(in, out);
      UNROLL for (int i = 0; i < 5; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < 5; i++) points_to_weights5(t[i], g + 5 * i);
    for (int o = 0; o < outputs; o++) {
      float *to = gw + ((ptrdiff_t)(first + o) * conv->inputs + c) * 25;
      for (int k = 0; k < 25; k++) to[k] = (accumulate ? to[k] : 0) + ((const float *)&g[k])[o];
    }
  }
}

// U: [point][channel that is summed over][channel that comes out]. `step` and `sum_step`: floats from one to the next in
// the weights.
static void winograd5_filters(const float *w, int made, ptrdiff_t step, int summed, ptrdiff_t sum_step, float *u) {
  const ptrdiff_t u_step = ward_winograd5_step(made), next = summed * u_step;
  for (int c = 0; c < summed; c++, u += u_step) {
    for (int j = 0; j < made; j += L) {
      const int here = made - j < L ? made - j : L;
      v16 g[5][5], t[SIDE5][5];
      memset(g, 0, sizeof g);
      for (int i = 0; i < here; i++) {
        const float *from = w + (j + i) * step + c * sum_step;
        for (int k = 0; k < 25; k++) ((float *)&g[k % 5][k / 5])[i] = from[k];
      }
      UNROLL for (int x = 0; x < 5; x++) {
        v16 out[SIDE5];
        weights_to_points5(g[x], out);
        UNROLL for (int i = 0; i < SIDE5; i++) t[i][x] = out[i];
      }
      for (int i = 0; i < SIDE5; i++) {
        v16 out[SIDE5];
        weights_to_points5(t[i], out);
        for (int k = 0; k < SIDE5; k++) {
          float *to = u + (i * SIDE5 + k) * next + j;
          if (here > 8) memcpy(to, &out[k], sizeof(v16));
          else memcpy(to, &out[k], sizeof(v8));
        }
      }
    }
  }
}

static void winograd5_pack(const ward_conv *conv, const float *w, float *forward, float *backward) {
  const int inputs = conv->inputs, outputs = conv->outputs;
  if (forward) winograd5_filters(w, outputs, (ptrdiff_t)inputs * 25, inputs, 25, forward);
  if (backward) winograd5_filters(w, inputs, 25, outputs, (ptrdiff_t)inputs * 25, backward);
}

// Where things lie; points are an odd number of vectors apart.
typedef struct {
  int outputs;  // rounded up
  ptrdiff_t v_next, z_next, m_next;
  v16 *v, *z, *m, *du;
  i16 *alive;
} winograd5;

INLINE winograd5 winograd5_places(const ward_conv *conv, int pixels, float *scratch) {
  winograd5 s = {.outputs = ward_whole_lanes(conv->outputs), .m_next = L + 1};
  s.v_next = conv->inputs | 1;
  s.z_next = s.outputs | 1;
  s.alive = (i16 *)scratch;
  s.m = (v16 *)scratch + pixels;
  s.z = s.m + SIDE5 * SIDE5 * s.m_next;
  s.v = s.z + SIDE5 * SIDE5 * s.z_next;
  s.du = s.v + SIDE5 * SIDE5 * s.v_next;
  return s;
}

// Calls TILE(DOWN, ACROSS) with constants for each tile of `height` x `width` pixels, from pixel (y, x) on.
#define EACH_TILE(height, width, TILE)                        \
  for (int y = 0; y < (height); y += 4) {                     \
    for (int x = 0; x < (width); x += 4) {                    \
      const int low = (height)-y < 4, narrow = (width)-x < 4; \
      if (!low && !narrow) { TILE(4, 4) }                     \
      else if (!low) { TILE(4, 2) }                           \
      else if (!narrow) { TILE(2, 4) }                        \
      else { TILE(2, 2) }                                     \
    }                                                         \
  }

INLINE void winograd5_forward_tiles(const int POOLED, const ward_conv *conv, ward_planes xs, const float *in,
                                    const float *u, const float *b, ward_planes ys, float *out, uint8_t *winner,
                                    int32_t activate, float *scratch) {
  const int scale = POOLED ? 2 : 1, height = ys.height * scale, width = ys.width * scale;
  const winograd5 s = winograd5_places(conv, 0, scratch);
  const ptrdiff_t u_step = ward_winograd5_step(conv->outputs), u_next = conv->inputs * u_step;
  const ptrdiff_t winner_plane = ys.height * ys.width;
#define TILE(DOWN, ACROSS)                                                                                             \
  const v16 *corner = (const v16 *)in + (y - conv->pad_h) * xs.row + x - conv->pad_w;                                   \
  for (int c = 0; c < conv->inputs; c++)                                                                               \
    transform_pixels5(DOWN, ACROSS, corner + c * xs.plane, xs.row, s.v + c, s.v_next);                                 \
  for (int o = 0; o < conv->outputs; o += L) {                                                                         \
    const int here = conv->outputs - o < L ? conv->outputs - o : L;                                                    \
    multiply_points5(DOWN, ACROSS, conv->inputs, s.v, s.v_next, u + o, u_step, u_next, here, s.m, s.m_next);           \
    for (int j = 0; j < here; j++)                                                                                     \
      store_sums5(POOLED, DOWN, ACROSS, s.m + j, s.m_next, b ? b[o + j] : 0, activate,                                 \
                  (v16 *)out + (o + j) * ys.plane + y / scale * ys.row + x / scale, ys.row,                            \
                  (b16 *)winner + (o + j) * winner_plane + y / scale * ys.width + x / scale, ys.width);                \
  }
  EACH_TILE(height, width, TILE)
#undef TILE
}

static void winograd5_forward(const ward_conv *conv, ward_planes xs, const float *x, const float *u, const float *b,
                              ward_planes ys, float *y, int32_t activate, float *scratch) {
  winograd5_forward_tiles(0, conv, xs, x, u, b, ys, y, 0, activate, scratch);
}
static void winograd5_pool_forward(const ward_conv *conv, ward_planes xs, const float *x, const float *u, const float *b,
                                   ward_planes ys, float *y, uint8_t *winner, float *scratch) {
  winograd5_forward_tiles(1, conv, xs, x, u, b, ys, y, winner, 1, scratch);
}

INLINE void winograd5_backward_tiles(const int POOLED, const ward_conv *conv, ward_planes xs, const float *in,
                                     ward_planes gys, const float *gy, const uint8_t *winner, const float *u,
                                     ward_planes gxs, float *gx, float *gw, int32_t accumulate, float *scratch) {
  const int scale = POOLED ? 2 : 1, height = gys.height * scale, width = gys.width * scale;
  const winograd5 s = winograd5_places(conv, height * width, scratch);
  const ptrdiff_t u_step = ward_winograd5_step(conv->inputs), u_next = conv->outputs * u_step;
  const ptrdiff_t winner_plane = gys.height * gys.width, du_next = (ptrdiff_t)SIDE5 * SIDE5 * conv->inputs;
  memset(s.alive, 0, height * width * sizeof(i16));
  if (gw) memset(s.du, 0, s.outputs / L * du_next * sizeof(v16));
#define TILE(DOWN, ACROSS)                                                                                             \
  const ptrdiff_t corner = (y - conv->pad_h) * xs.row + x - conv->pad_w;                                               \
  for (int o = 0; o < conv->outputs; o++) {                                                                            \
    const slopes g = {(const v16 *)gy + o * gys.plane + y / scale * gys.row + x / scale,                               \
                      (const b16 *)winner + o * winner_plane + y / scale * gys.width + x / scale, gys.row, gys.width}; \
    transform_slopes5(POOLED, DOWN, ACROSS, g, s.z + o, s.z_next, s.alive + y * width + x, width);                     \
  }                                                                                                                    \
  if (gw) {                                                                                                            \
    for (int c = 0; c < conv->inputs; c++)                                                                             \
      transform_pixels5(DOWN, ACROSS, (const v16 *)in + corner + c * xs.plane, xs.row, s.v + c, s.v_next);             \
    for (int o = 0; o < s.outputs; o += L)                                                                             \
      multiply_weights5(DOWN, ACROSS, conv->inputs, s.v, s.v_next, s.z + o, s.z_next, 0, s.du + o / L * du_next);      \
  }                                                                                                                    \
  if (gx) {                                                                                                            \
    const edges inside = {conv->pad_h - y, conv->pad_w - x, gxs.height + conv->pad_h - y, gxs.width + conv->pad_w - x}; \
    for (int c = 0; c < conv->inputs; c += L) {                                                                        \
      const int here = conv->inputs - c < L ? conv->inputs - c : L;                                                    \
      multiply_points5(DOWN, ACROSS, conv->outputs, s.z, s.z_next, u + c, u_step, u_next, here, s.m, s.m_next);        \
      for (int j = 0; j < here; j++)                                                                                   \
        add_pixels5(DOWN, ACROSS, s.m + j, s.m_next, y, x, inside,                                                     \
                    (v16 *)gx + (c + j) * gxs.plane + (y - conv->pad_h) * gxs.row + x - conv->pad_w, gxs.row);         \
    }                                                                                                                  \
  }
  EACH_TILE(height, width, TILE)
#undef TILE
  if (gx) keep_zeros(s.alive, height, width, conv, gxs, gx);
  for (int o = 0; gw && o < conv->outputs; o += L) winograd5_weights(conv, s.du + o / L * du_next, o, gw, accumulate);
}

static void winograd5_backward(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys, const float *gy,
                               const float *u, ward_planes gxs, float *gx, float *gw, int32_t accumulate,
                               float *scratch) {
  winograd5_backward_tiles(0, conv, xs, x, gys, gy, 0, u, gxs, gx, gw, accumulate, scratch);
}
static void winograd5_pool_backward(const ward_conv *conv, ward_planes xs, const float *x, ward_planes gys,
                                    const float *gy, const uint8_t *winner, const float *u, ward_planes gxs, float *gx,
                                    float *gw, int32_t accumulate, float *scratch) {
  winograd5_backward_tiles(1, conv, xs, x, gys, gy, winner, u, gxs, gx, gw, accumulate, scratch);
}
#undef EACH_TILE
