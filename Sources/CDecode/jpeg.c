#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

#include "CDecode.h"

typedef struct {
  struct jpeg_error_mgr base;
  jmp_buf back;
  char *message;
} failure;

static void fail(j_common_ptr info) {
  failure *f = (failure *)info->err;
  char text[JMSG_LENGTH_MAX];
  info->err->format_message(info, text);
  snprintf(f->message, WARD_JPEG_MESSAGE, "%s", text);
  longjmp(f->back, 1);
}

// Warnings are what libjpeg patches up. A picture that breaks off would be patched with grey: that is refused.
static void warn(j_common_ptr info, int level) {
  if (level >= 0) return;
  info->err->num_warnings++;
  const int code = info->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE) fail(info);
}

static void silent(j_common_ptr info) { (void)info; }

static int run(const uint8_t *bytes, size_t count, ward_jpeg_header *header, uint8_t *out, size_t capacity,
               char *message) {
  struct jpeg_decompress_struct info;
  failure f;
  message[0] = 0;
  info.err = jpeg_std_error(&f.base);
  f.base.error_exit = fail;
  f.base.emit_message = warn;
  f.base.output_message = silent;
  f.message = message;
  if (setjmp(f.back)) {
    jpeg_destroy_decompress(&info);
    return 0;
  }
  jpeg_create_decompress(&info);
  // What a progressive picture needs beside its pixels; a header that claims more than the caller allows is refused there.
  info.mem->max_memory_to_use = 256L << 20;
  jpeg_mem_src(&info, bytes, (unsigned long)count);
  jpeg_read_header(&info, TRUE);
  const int channels = info.num_components == 1 ? 1 : 3;
  if (header) *header = (ward_jpeg_header){(int32_t)info.image_width, (int32_t)info.image_height, channels};
  if (out) {
    info.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    info.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&info);
    const size_t stride = (size_t)info.output_width * (size_t)info.output_components;
    if (info.output_components != channels || stride * info.output_height != capacity) {
      snprintf(message, WARD_JPEG_MESSAGE, "its size is not that of its header");
      jpeg_destroy_decompress(&info);
      return 0;
    }
    while (info.output_scanline < info.output_height) {
      JSAMPROW row = out + stride * info.output_scanline;
      jpeg_read_scanlines(&info, &row, 1);
    }
    jpeg_finish_decompress(&info);
  }
  jpeg_destroy_decompress(&info);
  return 1;
}

int ward_jpeg_read_header(const uint8_t *bytes, size_t count, ward_jpeg_header *header, char *message) {
  return run(bytes, count, header, 0, 0, message);
}

int ward_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity, char *message) {
  return run(bytes, count, 0, out, capacity, message);
}
