package dev.keyturn.sidecar.render;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** The little of DER (ITU-T X.690) that keys and PKCS#12 stores are written in here. */
final class Der {
  static final int OCTET_STRING = 0x04;
  static final int NULL = 0x05;
  static final int BMP_STRING = 0x1e;
  static final int SET = 0x31;

  /** {@code [0] EXPLICIT}: a value in a wrapper. */
  static final int EXPLICIT_0 = 0xa0;

  private static final int INTEGER = 0x02;
  private static final int OBJECT_IDENTIFIER = 0x06;
  private static final int SEQUENCE = 0x30;

  private Der() {}

  static byte[] sequence(byte[]... parts) {
    return tagged(SEQUENCE, parts);
  }

  /**
   * @param value 0 to 32,767
   */
  static byte[] integer(int value) {
    return value < 0x80
        ? tagged(INTEGER, new byte[] {(byte) value})
        : tagged(INTEGER, new byte[] {(byte) (value >> 8), (byte) value});
  }

  /**
   * @param dotted numbers with dots between; the first two are one byte
   */
  static byte[] identifier(String dotted) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int[] numbers = Arrays.stream(dotted.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    bytes.write(numbers[0] * 40 + numbers[1]);
    for (int number : Arrays.copyOfRange(numbers, 2, numbers.length)) {
      for (int shift = 28; shift > 0; shift -= 7) {
        if (number >> shift != 0) {
          bytes.write(0x80 | ((number >> shift) & 0x7f));
        }
      }
      bytes.write(number & 0x7f);
    }
    return tagged(OBJECT_IDENTIFIER, bytes.toByteArray());
  }

  /** The first element of a sequence, with its tag and length; for elements of up to 127 bytes. */
  static byte[] firstOf(byte[] sequence) {
    // A length of 128 or more is written as the number of its bytes, then those.
    int head = 2 + ((sequence[1] & 0x80) == 0 ? 0 : sequence[1] & 0x7f);
    return Arrays.copyOfRange(sequence, head, head + 2 + sequence[head + 1]);
  }

  /** Makes no copy of the parts but the one that it returns. */
  static byte[] tagged(int tag, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    int digits = length < 0x80 ? 0 : (39 - Integer.numberOfLeadingZeros(length)) / 8;
    byte[] whole = new byte[2 + digits + length];
    whole[0] = (byte) tag;
    whole[1] = (byte) (digits == 0 ? length : 0x80 | digits);
    for (int i = 0; i < digits; i++) {
      whole[2 + i] = (byte) (length >> (8 * (digits - 1 - i)));
    }
    int at = 2 + digits;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }
}
