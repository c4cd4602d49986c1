package dev.keyturn.sidecar.render;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.function.Predicate;

/** Text with blocks of base64 between BEGIN and END lines (RFC 7468). */
final class Pem {
  private static final byte[] BEGIN = ascii("-----BEGIN ");
  private static final byte[] DASHES = ascii("-----");
  private static final Base64.Encoder LINES = Base64.getMimeEncoder(64, new byte[] {'\n'});

  private Pem() {}

  /**
   * One block.
   *
   * @param bytes wiped when closed
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared; prints no content
  record Block(String label, byte[] bytes) implements AutoCloseable {
    @Override
    public void close() {
      Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public String toString() {
      return label;
    }
  }

  /** A text that is not what it says. The message holds none of it. */
  static final class BrokenException extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenException(String message) {
      super(message);
    }
  }

  /** The blocks whose label is wanted, in order; what is around them does not count. */
  static List<Block> blocks(byte[] text, Predicate<String> wanted) throws BrokenException {
    List<Block> blocks = new ArrayList<>();
    for (int at = find(text, BEGIN, 0); at >= 0; at = find(text, BEGIN, at)) {
      int labelEnd = find(text, DASHES, at + BEGIN.length);
      if (labelEnd < 0) {
        throw new BrokenException("a BEGIN line that does not end");
      }
      at += BEGIN.length;
      String label = new String(text, at, labelEnd - at, StandardCharsets.ISO_8859_1);
      at = labelEnd + DASHES.length;
      int end = find(text, ascii("-----END " + label + "-----"), at);
      if (end < 0) {
        throw new BrokenException("a BEGIN line without its END line");
      }
      if (wanted.test(label)) {
        blocks.add(new Block(label, decoded(text, at, end)));
      }
      at = end;
    }
    return blocks;
  }

  private static byte[] decoded(byte[] text, int from, int to) throws BrokenException {
    byte[] base64 = Arrays.copyOfRange(text, from, to);
    try {
      if (find(base64, new byte[] {':'}, 0) >= 0) {
        // RFC 1421's header lines, which OpenSSL writes for encrypted keys and nobody else does.
        throw new BrokenException("an encrypted key: store it decrypted");
      }
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      // Without the cause: it quotes what it read.
      throw new BrokenException("a block that is not base64");
    } finally {
      Arrays.fill(base64, (byte) 0);
    }
  }

  private static int find(byte[] text, byte[] what, int from) {
    for (int at = from; at <= text.length - what.length; at++) {
      if (Arrays.equals(text, at, at + what.length, what, 0, what.length)) {
        return at;
      }
    }
    return -1;
  }

  /** A block as text, a copy that the caller wipes. */
  static byte[] write(String label, byte[] bytes) {
    byte[] base64 = LINES.encode(bytes);
    try {
      return concatenated(
          List.of(
              ascii("-----BEGIN " + label + "-----\n"),
              base64,
              ascii("\n-----END " + label + "-----\n")));
    } finally {
      Arrays.fill(base64, (byte) 0);
    }
  }

  static byte[] concatenated(List<byte[]> parts) {
    byte[] whole = new byte[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
