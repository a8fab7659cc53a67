#pragma once
#include <stddef.h>
#include <stdint.h>

// JPEG pictures from memory. libjpeg reports what is wrong by a jump out of its depths, which Swift cannot survive: here it
// becomes a result of 0 and a message. Nothing is allocated for what a header claims: the caller brings the memory.

#define WARD_JPEG_MESSAGE 256

typedef struct {
  int32_t width, height;
  int32_t channels;  // 1 for grey, 3 for all else
} ward_jpeg_header;

// Reads the header alone. 1, or 0 with a message.
int ward_jpeg_read_header(const uint8_t *bytes, size_t count, ward_jpeg_header *header, char message[WARD_JPEG_MESSAGE]);

// Decodes to rows of pixels, the channels of a pixel beside each other. `capacity` is the length of `out`, and must be
// width * height * channels of the header. 1, or 0 with a message; a picture that breaks off is refused.
int ward_jpeg_decode(const uint8_t *bytes, size_t count, uint8_t *out, size_t capacity,
                     char message[WARD_JPEG_MESSAGE]);
