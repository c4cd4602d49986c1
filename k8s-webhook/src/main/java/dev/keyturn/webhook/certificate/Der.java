package dev.keyturn.webhook.certificate;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;

/** The little of DER (ITU-T X.690) that certificates and keys are written in here. */
final class Der {
  private static final int BOOLEAN = 0x01;
  private static final int INTEGER = 0x02;
  private static final int BIT_STRING = 0x03;
  private static final int OCTET_STRING = 0x04;
  private static final int OBJECT_IDENTIFIER = 0x06;
  private static final int UTC_TIME = 0x17;
  private static final int GENERALIZED_TIME = 0x18;
  private static final int SEQUENCE = 0x30;

  /** RFC 5280, section 4.1.2.5: two digits of the year up to 2049, four from then on. */
  private static final DateTimeFormatter SHORT =
      DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private static final DateTimeFormatter LONG =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  private static final Instant LONG_FROM = Instant.parse("2050-01-01T00:00:00Z");

  private Der() {}

  static byte[] sequence(byte[]... parts) {
    return tagged(SEQUENCE, parts);
  }

  /** {@code [number] EXPLICIT}: a value in a wrapper. */
  static byte[] explicit(int number, byte[] value) {
    return tagged(0xa0 | number, value);
  }

  /** {@code [number] IMPLICIT}: bytes with another tag than theirs. */
  static byte[] implicit(int number, byte[] content) {
    return tagged(0x80 | number, content);
  }

  static byte[] yes() {
    return tagged(BOOLEAN, new byte[] {(byte) 0xff});
  }

  static byte[] integer(BigInteger value) {
    return tagged(INTEGER, value.toByteArray());
  }

  /**
   * @param unused how many of the last byte's lowest bits don't belong to the value
   */
  static byte[] bits(int unused, byte[] bytes) {
    return tagged(BIT_STRING, new byte[] {(byte) unused}, bytes);
  }

  static byte[] octets(byte[] bytes) {
    return tagged(OCTET_STRING, bytes);
  }

  /**
   * @param dotted numbers with dots between; the first two are one byte
   */
  static byte[] identifier(String dotted) {
    var bytes = new ByteArrayOutputStream();
    int[] numbers = Arrays.stream(dotted.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    bytes.write(numbers[0] * 40 + numbers[1]);
    for (int number : Arrays.copyOfRange(numbers, 2, numbers.length)) {
      for (int shift = 28; shift > 0; shift -= 7) {
        if (number >> shift != 0) {
          bytes.write(0x80 | (number >> shift & 0x7f));
        }
      }
      bytes.write(number & 0x7f);
    }
    return tagged(OBJECT_IDENTIFIER, bytes.toByteArray());
  }

  static byte[] time(Instant time) {
    boolean isLong = !time.isBefore(LONG_FROM);
    String text = (isLong ? LONG : SHORT).format(time);
    return tagged(isLong ? GENERALIZED_TIME : UTC_TIME, text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The first element of a sequence, with its tag and length; for elements of up to 127 bytes. */
  static byte[] firstOf(byte[] sequence) {
    // A length of 128 or more is written as the number of its bytes, then those.
    int head = 2 + ((sequence[1] & 0x80) == 0 ? 0 : sequence[1] & 0x7f);
    return Arrays.copyOfRange(sequence, head, head + 2 + sequence[head + 1]);
  }

  private static byte[] tagged(int tag, byte[]... parts) {
    int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
    var bytes = new ByteArrayOutputStream(length + 6);
    bytes.write(tag);
    if (length < 0x80) {
      bytes.write(length);
    } else {
      byte[] digits = BigInteger.valueOf(length).toByteArray();
      int skip = digits[0] == 0 ? 1 : 0; // a sign, which a length does not have
      bytes.write(0x80 | digits.length - skip);
      bytes.write(digits, skip, digits.length - skip);
    }
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    return bytes.toByteArray();
  }
}
