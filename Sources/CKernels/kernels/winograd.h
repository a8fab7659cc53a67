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
// Where a side is no multiple of 4, the last tile is moved back until it fits: it makes some sums again, and takes no
// gradient from them.
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
      UNROLL for (int j = 0; j < PATCH; j++) to[j * next * PARTS] = out[j];
      to += PATCH * next * PARTS;
      FORGET(to);
    }
  }
}

// Which sides of a tile's 6x6 pixels lie outside the image; and how many of its rows and columns of sums belong to tiles
// that have been there before.
typedef struct {
  int y, x, top, left, bottom, right, again_y, again_x;
} place;

INLINE place place_of(int tile, int height, int width) {
  const int across = (width + TILE_SIDE - 1) / TILE_SIDE;
  place at = {.y = tile / across * TILE_SIDE, .x = tile % across * TILE_SIDE};
  at.again_y = at.y + TILE_SIDE > height ? at.y + TILE_SIDE - height : 0;
  at.again_x = at.x + TILE_SIDE > width ? at.x + TILE_SIDE - width : 0;
  at.y -= at.again_y;
  at.x -= at.again_x;
  at.top = at.y == 0;
  at.left = at.x == 0;
  at.bottom = at.y + TILE_SIDE == height;
  at.right = at.x + TILE_SIDE == width;
  return at;
}

// The gradients of a tile's 4x4 sums to 36 points. `y`: the outputs where a ReLU follows, through which the gradient comes; null
// where none does.
INLINE void transform_slopes_of(const int SOME, const int MASKED, place at, const v16 *gy, ptrdiff_t row, const v16 *y,
                                ptrdiff_t y_row, v16 *z, ptrdiff_t next) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)gy + half, *out_of = (const part *)y + half;
    part *to = (part *)z + half, t[PATCH][TILE_SIDE];
    UNROLL for (int j = 0; j < TILE_SIDE; j++) {
      part in[TILE_SIDE], out[PATCH];
      UNROLL for (int i = 0; i < TILE_SIDE; i++) {
        if (SOME && (i < at.again_y || j < at.again_x)) in[i] = (part){0};
        else in[i] = from[(i * row + j) * PARTS];
        if (MASKED) in[i] = (part)((ipart)in[i] & (ipart)(out_of[(i * y_row + j) * PARTS] > 0.0f));
      }
      slopes_to_points(in, out);
      UNROLL for (int i = 0; i < PATCH; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < PATCH; i++) {
      part out[PATCH];
      slopes_to_points(t[i], out);
      UNROLL for (int j = 0; j < PATCH; j++) to[j * next * PARTS] = out[j];
      to += PATCH * next * PARTS;
      FORGET(to);
    }
  }
}

INLINE void transform_slopes(place at, const v16 *gy, ptrdiff_t row, const v16 *y, ptrdiff_t y_row, v16 *z,
                             ptrdiff_t next) {
#define RUN(SOME) \
  if (y) transform_slopes_of(SOME, 1, at, gy, row, y, y_row, z, next); \
  else transform_slopes_of(SOME, 0, at, gy, row, y, y_row, z, next)
  if (at.again_y || at.again_x) { RUN(1); }
  else { RUN(0); }
#undef RUN
}

// The maxima of a tile's 2x2 windows, with a ReLU, and which of the four they are: 4 where none is positive.
INLINE void pool_sums(const int DOWN, const int ACROSS, int half, part sums[TILE_SIDE][TILE_SIDE], v16 *y, ptrdiff_t row,
                      i16 *won) {
  UNROLL for (int i = 0; i < DOWN / 2; i++) {
    UNROLL for (int j = 0; j < ACROSS / 2; j++) {
      part best = sums[2 * i][2 * j];
      ipart which = {0};
      UNROLL for (int q = 1; q < 4; q++) {
        const part other = sums[2 * i + q / 2][2 * j + q % 2];
        const part size = (part)((ipart)best & 0x7fffffff);
        const ipart higher = (ipart)(other > best + WINS_BY * (size + 0.3f));
        best = (part)((higher & (ipart)other) | (~higher & (ipart)best));
        which = (higher & q) | (~higher & which);
      }
      const ipart dead = (ipart)(best <= 0.0f);
      ((ipart *)&won[i * 2 + j])[half] = (dead & 4) | (~dead & which);
      ((part *)(y + i * row + j))[half] = part_relu(best);
    }
  }
}

INLINE void store_winners(const int DOWN, const int ACROSS, const i16 *won, b16 *winner, ptrdiff_t row) {
  UNROLL for (int i = 0; i < DOWN / 2; i++) {
    UNROLL for (int j = 0; j < ACROSS / 2; j++) winner[i * row + j] = __builtin_convertvector(won[i * 2 + j], b16);
  }
}

// 36 points, `next` vectors apart, to a tile of the output, or of the pooled output.
INLINE void store_sums(const int POOLED, const int ACTIVATE, const v16 *m, ptrdiff_t next, float bias, v16 *y, ptrdiff_t row,
                       b16 *winner, ptrdiff_t winner_row) {
  i16 won[4];
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)m + half;
    part *to = (part *)y + half, t[TILE_SIDE][PATCH], sums[TILE_SIDE][TILE_SIDE];
    UNROLL for (int j = 0; j < PATCH; j++) {
      part in[PATCH], out[TILE_SIDE];
      UNROLL for (int i = 0; i < PATCH; i++) in[i] = from[i * PATCH * next * PARTS];
      from += next * PARTS;
      FORGET(from);
      points_to_sums(in, out);
      UNROLL for (int i = 0; i < TILE_SIDE; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < TILE_SIDE; i++) {
      points_to_sums(t[i], sums[i]);
      UNROLL for (int j = 0; j < TILE_SIDE; j++) {
        sums[i][j] += bias;
        if (!POOLED) to[j * PARTS] = ACTIVATE ? part_relu(sums[i][j]) : sums[i][j];
      }
      to += row * PARTS;
      FORGET(to);
    }
    if (POOLED) pool_sums(TILE_SIDE, TILE_SIDE, half, sums, y, row, won);
  }
  if (POOLED) store_winners(TILE_SIDE, TILE_SIDE, won, winner, winner_row);
}

// 36 points to the gradient of the 6x6 pixels from `gx` on. Tiles come row by row: of two that share a pixel the first
// stores it and the second adds to it, so that no one has to write zeros first. `above`, `before`: how many rows and columns
// have been stored already.
INLINE void add_pixels_of(const v16 *m, ptrdiff_t next, int top, int left, int bottom, int right, int above, int before,
                          v16 *gx, ptrdiff_t row) {
  for (int half = 0; half < PARTS; half++) {
    const part *from = (const part *)m + half;
    part *to = (part *)gx + half, t[PATCH][PATCH];
    UNROLL for (int j = 0; j < PATCH; j++) {
      part in[PATCH], out[PATCH];
      UNROLL for (int i = 0; i < PATCH; i++) in[i] = from[i * PATCH * next * PARTS];
      from += next * PARTS;
      FORGET(from);
      points_to_pixels(in, out);
      UNROLL for (int i = 0; i < PATCH; i++) t[i][j] = out[i];
    }
    UNROLL for (int i = 0; i < PATCH; i++, to += row * PARTS) {
      FORGET(to);
      if ((i == 0 && top) || (i == PATCH - 1 && bottom)) continue;
      part out[PATCH];
      points_to_pixels(t[i], out);
      UNROLL for (int j = 0; j < PATCH; j++) {
        if ((j == 0 && left) || (j == PATCH - 1 && right)) continue;
        if (i < above || j < before) to[j * PARTS] += out[j];
        else to[j * PARTS] = out[j];
      }
    }
  }
}

// A branch for every pixel would take as long as the sums.
static void add_pixels(const v16 *m, ptrdiff_t next, place at, v16 *gx, ptrdiff_t row) {
#define RUN(TOP, LEFT, RIGHT) \
  add_pixels_of(m, next, TOP, LEFT, at.bottom, RIGHT, TOP ? 0 : 2, LEFT ? 0 : 2, gx, row)
  if (at.again_y || at.again_x) {
    add_pixels_of(m, next, at.top, at.left, at.bottom, at.right, at.top ? 0 : 2 + at.again_y,
                  at.left ? 0 : 2 + at.again_x, gx, row);
  } else if (at.top) {
    if (at.left && at.right) RUN(1, 1, 1);
    else if (at.left) RUN(1, 1, 0);
    else if (at.right) RUN(1, 0, 1);
    else RUN(1, 0, 0);
  } else {
    if (at.left && at.right) RUN(0, 1, 1);
    else if (at.left) RUN(0, 1, 0);
    else if (at.right) RUN(0, 0, 1);
    else RUN(0, 0, 0);
  }
#undef RUN
}

INLINE i16 is_alive(i16 bits) { return (bits & 0x7fffffff) != 0; }
INLINE int in_all(i16 mask) { return __builtin_reduce_and(mask) != 0; }

// Rounding leaves a little where the plain sum is exactly zero: in pixels that no unit with a gradient sees. Puts the zero
// there, as the sign of what is left would move a pixel. `alive`: which outputs have one; it is used up. Most often every
// pixel is seen by one in each image, and then nothing is read again.
static void keep_zeros(i16 *alive, int height, int width, const ward_conv *conv, ward_planes gxs, float *gx) {
  const int kernel = conv->kernel_h;
  for (int y = 0; y < gxs.height; y++) {
    const int from = y + conv->pad_h < kernel ? 0 : y + conv->pad_h - kernel + 1;
    const int to = y + conv->pad_h < height ? y + conv->pad_h + 1 : height;
    // No later row needs the first of these again: it holds what its column sees.
    for (int x = 0; x < width; x++) {
      i16 *column = alive + from * width + x;
      for (int k = 1; k < to - from; k++) *column |= column[k * width];
    }
    for (int x = 0; x < gxs.width; x++) {
      i16 seen = {0};
      for (int k = 0; k < kernel; k++) {
        const int at = x + conv->pad_w - k;
        if (at >= 0 && at < width) seen |= alive[from * width + at];
      }
      const i16 keep = is_alive(seen);
      if (in_all(keep)) continue;
      i16 *pixel = (i16 *)gx + y * gxs.row + x;
      for (int c = 0; c < gxs.channels; c++, pixel += gxs.plane) *pixel &= keep;
    }
  }
}

static void note_living(ward_planes gys, const float *gy, ward_planes ys, const float *y, i16 *alive) {
  memset(alive, 0, gys.height * gys.width * sizeof(i16));
  for (int row = 0; row < gys.height; row++, alive += gys.width) {
    int first_dead = 0;  // all pixels before it are alive in every image
    for (int o = 0; o < gys.channels && first_dead < gys.width; o++) {
      const i16 *from = (const i16 *)gy + (ptrdiff_t)o * gys.plane + row * gys.row;
      const v16 *out = y ? (const v16 *)y + (ptrdiff_t)o * ys.plane + row * ys.row : 0;
      for (int i = first_dead; i < gys.width; i++) alive[i] |= out ? from[i] & (out[i] > 0.0f) : from[i];
      while (first_dead < gys.width && in_all(is_alive(alive[first_dead]))) first_dead++;
    }
  }
}

// CB of 16 sums over channels at one point, for TB tiles `v_tile` and `m_tile` apart.
INLINE void multiply_point(const int CB, const int TB, int channels, const v16 *v, ptrdiff_t v_tile, const float *u,
                           v16 *m, ptrdiff_t m_tile) {
  v16 acc[16];
  UNROLL for (int i = 0; i < CB * TB; i++) acc[i] = splat(0);
  v16 x[4];
  for (int c = 1; c < channels; c++, v++, u += L) {
    UNROLL for (int t = 0; t < TB; t++) x[t] = v[t * v_tile];
    UNROLL for (int j = 0; j < CB; j++) {
      const v16 s = splat(u[j]);
      UNROLL for (int t = 0; t < TB; t++) acc[j * TB + t] += s * x[t];
    }
  }
  UNROLL for (int t = 0; t < TB; t++) x[t] = v[t * v_tile];
  UNROLL for (int j = 0; j < CB; j++) {
    const v16 s = splat(u[j]);
    UNROLL for (int t = 0; t < TB; t++) m[t * m_tile + j] = acc[j * TB + t] + s * x[t];
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

// Adds CB outputs by XB times 16 inputs of one point: over tiles, and then images, which `x` has one after the other.
// `x_next`, `du_next`: from 16 inputs to the next.
INLINE void multiply_weights(const int CB, const int XB, int tiles, const v16 *x, ptrdiff_t x_next, const float *z,
                             ptrdiff_t z_tile, int fresh, v16 *du, ptrdiff_t du_next) {
  v16 acc[16];
  UNROLL for (int i = 0; i < CB * XB; i++) acc[i] = splat(0);
  for (int t = 0; t < tiles; t++, z += z_tile * L) {
    for (int n = 0; n < L; n++, x++) {
      v16 in[2];
      UNROLL for (int i = 0; i < XB; i++) in[i] = x[i * x_next];
      UNROLL for (int j = 0; j < CB; j++) {
        const v16 s = splat(z[j * L + n]);
        UNROLL for (int i = 0; i < XB; i++) acc[j * XB + i] += s * in[i];
      }
    }
  }
  UNROLL for (int j = 0; j < CB; j++) {
    UNROLL for (int i = 0; i < XB; i++) {
      v16 *to = du + i * du_next + j;
      *to = fresh ? acc[j * XB + i] : *to + acc[j * XB + i];
    }
  }
}

// XB times 16 inputs by all outputs of one point.
INLINE void multiply_outputs(const int XB, int outputs, int tiles, const v16 *x, const v16 *z, ptrdiff_t z_tile,
                             int fresh, v16 *du) {
  for (int o = 0; o < outputs;) {
    const int left = outputs - o;
#define RUN(CB) \
  multiply_weights(CB, XB, tiles, x, WARD_WINOGRAD_TILES * L, (const float *)(z + o), z_tile, fresh, du + o, outputs); \
  o += CB
#if WIDE
    if (XB == 1 && left >= 16) { RUN(16); }
    else if (left >= 8) { RUN(8); }
#else
    if (left % 5 == 0) { RUN(5); }
    else if (left >= 6) { RUN(6); }
#endif
    else if (left >= 4) { RUN(4); }
    else { RUN(1); }
#undef RUN
  }
}

static void multiply_all_weights(int inputs, int outputs, int tiles, const v16 *v, ptrdiff_t v_next, ptrdiff_t v_tile,
                                 const v16 *z, ptrdiff_t z_next, ptrdiff_t z_tile, int fresh, v16 *du) {
  // A product needs a factor from memory. Where there are registers for 16 sums, 32 inputs share each: with 16 as many loads
  // as products would wait for each other.
  const int most = WIDE ? 2 : 1;
  v16 turned[2][WARD_WINOGRAD_TILES * L];
  for (int p = 0; p < POINTS; p++, v += v_next, z += z_next) {
    for (int c = 0; c < inputs;) {
      const int blocks = inputs - c > L ? most : 1;
      for (int i = 0; i < blocks; i++) {
        for (int t = 0; t < tiles; t++) transpose(v + t * v_tile + c + i * L, turned[i] + t * L);
      }
      if (blocks == 2) multiply_outputs(2, outputs, tiles, turned[0], z, z_tile, fresh, du);
      else multiply_outputs(1, outputs, tiles, turned[0], z, z_tile, fresh, du);
      c += blocks * L;
      du += blocks * outputs;
    }
  }
}

// Where things lie. Channels are rounded up to 16; points lie an odd number of vectors apart, since at a multiple of 4 KB
// all 36 of a tile would fall on the same few lines of the cache.
typedef struct {
  int inputs, outputs, tiles;          // rounded up; tiles at once
  ptrdiff_t v_next, z_next, m_next;    // from one point to the next
  v16 *v, *z, *m, *du;
  i16 *alive;
} winograd;

INLINE winograd winograd_places(const ward_conv *conv, int pixels, float *scratch) {
  winograd s = {.inputs = (conv->inputs + L - 1) / L * L, .outputs = (conv->outputs + L - 1) / L * L};
  s.tiles = ward_winograd_tiles(conv);
  s.v_next = s.tiles * s.inputs + SPREAD;
  s.z_next = s.tiles * s.outputs + SPREAD;
  s.m_next = s.tiles * L + SPREAD;
  s.alive = (i16 *)scratch;
  s.m = (v16 *)scratch + pixels;
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

// Asks for the 4x4 pixels from `from` on, to be read or written: their rows lie too far apart for the processor to foresee them.
INLINE void fetch_tile(const int WRITES, const v16 *from, ptrdiff_t row) {
  UNROLL for (int i = 0; i < TILE_SIDE; i++) {
    UNROLL for (int j = 0; j < TILE_SIDE; j++) {
      if (WRITES) __builtin_prefetch(from + i * row + j, 1, 2);
      else __builtin_prefetch(from + i * row + j, 0, 2);
    }
  }
}

// The pixel of tile `first + t` that lies `by` further down and right than its first; and of the one in its place in the next block.
#define CORNER_OF(of, planes, channel, by, where) \
  ((v16 *)(of) + (ptrdiff_t)(channel) * (planes).plane + ((where).y + (by)) * (planes).row + (where).x + (by))
#define CORNER(of, planes, channel, by) CORNER_OF(of, planes, channel, by, at[t])
#define FETCH(WRITES, of, planes, channel, by) \
  if (fetches) fetch_tile(WRITES, CORNER_OF(of, planes, channel, by, then[t]), (planes).row)
// Small images stay in the second cache as they are. Not without AVX-512: measured slower where that cache is small.
#define PLACES(height, width) \
  const int fetches = WIDE && (height) * (width) > 256 && first + s.tiles < all; \
  for (int t = 0; t < tiles; t++) { \
    at[t] = place_of(first + t, height, width); \
    then[t] = place_of(first + s.tiles + t < all ? first + s.tiles + t : all - 1, height, width); \
  }

INLINE void winograd_forward_tiles(const int POOLED, const int ACTIVATE, const ward_conv *conv, ward_planes xs,
                                   const float *x, const float *u, const float *b, ward_planes ys, float *y,
                                   uint8_t *winner, float *scratch) {
  const winograd s = winograd_places(conv, 0, scratch);
  const int scale = POOLED ? 2 : 1, height = ys.height * scale, width = ys.width * scale;
  const int all = ward_winograd_all_tiles(height, width);
  place at[WARD_WINOGRAD_TILES], then[WARD_WINOGRAD_TILES];
  const ptrdiff_t block = (ptrdiff_t)conv->inputs * L, u_next = s.outputs / L * block;
  for (int first = 0; first < all; first += s.tiles) {
    const int tiles = all - first < s.tiles ? all - first : s.tiles;
    PLACES(height, width);
    for (int c = 0; c < conv->inputs; c++) {
      for (int t = 0; t < tiles; t++) {
        transform_pixels(CORNER(x, xs, c, -1), xs.row, s.v + t * s.inputs + c, s.v_next);
        FETCH(0, x, xs, c, 1);
      }
    }
    for (int o = 0; o < conv->outputs; o += L) {
      multiply_points(conv->inputs, tiles, s.v, s.v_next, s.inputs, u + o / L * block, u_next, s.m, s.m_next);
      for (int j = 0; j < L && o + j < conv->outputs; j++) {
        for (int t = 0; t < tiles; t++) {
          const ptrdiff_t line = at[t].y / scale, column = at[t].x / scale;
          store_sums(POOLED, ACTIVATE, s.m + t * L + j, s.m_next, b ? b[o + j] : 0,
                     (v16 *)y + (ptrdiff_t)(o + j) * ys.plane + line * ys.row + column, ys.row,
                     (b16 *)winner + ((o + j) * (ptrdiff_t)ys.height + line) * ys.width + column, ys.width);
          if (!POOLED) FETCH(1, y, ys, o + j, 0);
        }
      }
    }
  }
}

static void winograd_forward(const ward_conv *conv, ward_planes xs, const float *x, const float *u, const float *b,
                             ward_planes ys, float *y, int32_t activate, float *scratch) {
  if (activate) winograd_forward_tiles(0, 1, conv, xs, x, u, b, ys, y, 0, scratch);
  else winograd_forward_tiles(0, 0, conv, xs, x, u, b, ys, y, 0, scratch);
}
static void winograd_pool_forward(const ward_conv *conv, ward_planes xs, const float *x, const float *u, const float *b,
                                  ward_planes ys, float *y, uint8_t *winner, float *scratch) {
  winograd_forward_tiles(1, 1, conv, xs, x, u, b, ys, y, winner, scratch);
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
                              ward_planes ys, const float *y, const float *u, ward_planes gxs, float *gx, float *gw,
                              int32_t accumulate, float *scratch) {
  const winograd s = winograd_places(conv, gys.height * gys.width, scratch);
  const int all = ward_winograd_all_tiles(gys.height, gys.width);
  place at[WARD_WINOGRAD_TILES], then[WARD_WINOGRAD_TILES];
  const ptrdiff_t block = (ptrdiff_t)conv->outputs * L, u_next = s.inputs / L * block;
  for (int first = 0; first < all; first += s.tiles) {
    const int tiles = all - first < s.tiles ? all - first : s.tiles;
    PLACES(gys.height, gys.width);
    for (int o = 0; o < conv->outputs; o++) {
      for (int t = 0; t < tiles; t++) {
        transform_slopes(at[t], CORNER(gy, gys, o, 0), gys.row, y ? CORNER(y, ys, o, 0) : 0, ys.row,
                         s.z + t * s.outputs + o, s.z_next);
        FETCH(0, gy, gys, o, 0);
      }
    }
    if (gw) {
      for (int c = 0; c < conv->inputs; c++) {
        for (int t = 0; t < tiles; t++) {
          transform_pixels(CORNER(x, xs, c, -1), xs.row, s.v + t * s.inputs + c, s.v_next);
          FETCH(0, x, xs, c, 1);
        }
      }
      multiply_all_weights(conv->inputs, conv->outputs, tiles, s.v, s.v_next, s.inputs, s.z, s.z_next, s.outputs,
                           first == 0, s.du);
    }
    if (!gx) continue;
    for (int c = 0; c < conv->inputs; c += L) {
      multiply_points(conv->outputs, tiles, s.z, s.z_next, s.outputs, u + c / L * block, u_next, s.m, s.m_next);
      for (int j = 0; j < L && c + j < conv->inputs; j++) {
        for (int t = 0; t < tiles; t++) {
          add_pixels(s.m + t * L + j, s.m_next, at[t], CORNER(gx, gxs, c + j, -1), gxs.row);
          FETCH(1, gx, gxs, c + j, 1);
        }
      }
    }
  }
  if (gx) {
    note_living(gys, gy, ys, y, s.alive);
    keep_zeros(s.alive, gys.height, gys.width, conv, gxs, gx);
  }
  if (gw) winograd_weights(conv, &s, gw, accumulate);
}
#undef CORNER_OF
#undef CORNER
#undef FETCH
#undef PLACES
#undef SIXTH
