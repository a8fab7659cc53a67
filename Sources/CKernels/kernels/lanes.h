// Rows of images to lanes and back. Normalisation is fused: the network's input is read once.

// Where the 16 columns begin of which the first is the `i`-th: the last of a row reach back over those before them. To move
// some of them twice is faster than fewer than 16.
INLINE int first_column(int i, int width) { return i + L <= width || width < L ? i : width - L; }

INLINE void load_rows_as(const int BYTES, const float *floats, const uint8_t *const *bytes, int32_t count,
                         ward_planes s, const float *mean, const float *inverse_std, float *out) {
  const int pixels = s.height * s.width;
  const ptrdiff_t image = (ptrdiff_t)pixels * s.channels;
  for (int c = 0; c < s.channels; c++) {
    const v16 centre = splat(mean ? mean[c] : 0), scale = splat(inverse_std ? inverse_std[c] : 1);
    for (int row = 0; row < s.height; row++) {
      v16 *to = (v16 *)out + (ptrdiff_t)c * s.plane + row * s.row;
      for (int first = 0; first < s.width; first += L) {
        const int i = first_column(first, s.width);
        const ptrdiff_t at = (ptrdiff_t)c * pixels + row * s.width + i;
        const int here = s.width < L ? s.width : L;
        v16 in[L], turned[L];
        for (int n = 0; n < L; n++) {
          in[n] = splat(0);
          if (n >= count) continue;
          float *lane = (float *)&in[n];
          if (BYTES) {
            for (int k = 0; k < here; k++) lane[k] = (float)bytes[n][at + k] / 255.0f;
          } else if (here == L) {
            in[n] = *(const v16u *)(floats + n * image + at);
          } else {
            for (int k = 0; k < here; k++) lane[k] = floats[n * image + at + k];
          }
        }
        transpose(in, turned);
        for (int k = 0; k < here; k++) to[i + k] = (turned[k] - centre) * scale;
      }
    }
  }
}

static void load_floats(const float *rows, int32_t count, ward_planes s, const float *mean, const float *inverse_std,
                        float *out) {
  load_rows_as(0, rows, 0, count, s, mean, inverse_std, out);
}
static void load_bytes(const uint8_t *const *rows, int32_t count, ward_planes s, const float *mean,
                       const float *inverse_std, float *out) {
  load_rows_as(1, 0, rows, count, s, mean, inverse_std, out);
}
static void load_rows(const float *rows, int32_t count, ward_planes s, float *out) {
  load_rows_as(0, rows, 0, count, s, 0, 0, out);
}

static void store_rows(const float *in, ward_planes s, int32_t count, const float *scale, float *rows) {
  const int pixels = s.height * s.width;
  const ptrdiff_t image = (ptrdiff_t)pixels * s.channels;
  for (int c = 0; c < s.channels; c++) {
    const v16 factor = splat(scale ? scale[c] : 1);
    for (int row = 0; row < s.height; row++) {
      const v16 *from = (const v16 *)in + (ptrdiff_t)c * s.plane + row * s.row;
      for (int first = 0; first < s.width; first += L) {
        const int i = first_column(first, s.width);
        const ptrdiff_t at = (ptrdiff_t)c * pixels + row * s.width + i;
        const int here = s.width < L ? s.width : L;
        v16 block[L], turned[L];
        for (int k = 0; k < L; k++) block[k] = k < here ? from[i + k] * factor : splat(0);
        transpose(block, turned);
        for (int n = 0; n < count; n++) {
          if (here == L) *(v16u *)(rows + n * image + at) = turned[n];
          else memcpy(rows + n * image + at, &turned[n], here * sizeof(float));
        }
      }
    }
  }
}
