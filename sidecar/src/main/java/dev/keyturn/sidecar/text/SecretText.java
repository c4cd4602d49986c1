package dev.keyturn.sidecar.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Text under construction whose every copy made here is wiped, unlike a StringBuilder's. */
public final class SecretText implements CharSequence, AutoCloseable {
  private char[] chars = new char[256];
  private int length;

  /** Appends one character. */
  public SecretText append(char c) {
    ensure(1);
    chars[length++] = c;
    return this;
  }

  /** Appends text. */
  public SecretText append(CharSequence text) {
    ensure(text.length());
    for (int i = 0; i < text.length(); i++) {
      chars[length++] = text.charAt(i);
    }
    return this;
  }

  /**
   * Appends text in UTF-8.
   *
   * @throws CharacterCodingException if it is not; nothing is appended then
   */
  public SecretText appendUtf8(byte[] utf8) throws CharacterCodingException {
    char[] buffer = new char[utf8.length];
    CharBuffer decoded = CharBuffer.wrap(buffer);
    try {
      CoderResult result =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(utf8), decoded, /* endOfInput= */ true);
      if (result.isError()) {
        result.throwException();
      }
      ensure(decoded.position());
      System.arraycopy(buffer, 0, chars, length, decoded.position());
      length += decoded.position();
      return this;
    } finally {
      Arrays.fill(buffer, '\0');
    }
  }

  private void ensure(int more) {
    if (length + more > chars.length) {
      char[] old = chars;
      chars = Arrays.copyOf(old, Math.max(length + more, 2 * old.length));
      Arrays.fill(old, '\0');
    }
  }

  /** The text in UTF-8: a copy that the caller wipes. */
  public byte[] toUtf8() {
    // A char becomes three bytes at most. Half a surrogate pair becomes a question mark.
    byte[] buffer = new byte[3 * length];
    ByteBuffer encoded = ByteBuffer.wrap(buffer);
    StandardCharsets.UTF_8
        .newEncoder()
        .onMalformedInput(CodingErrorAction.REPLACE)
        .encode(CharBuffer.wrap(chars, 0, length), encoded, /* endOfInput= */ true);
    byte[] utf8 = Arrays.copyOf(buffer, encoded.position());
    Arrays.fill(buffer, (byte) 0);
    return utf8;
  }

  /** The characters themselves, not a copy; more than {@link #length}. */
  public char[] array() {
    return chars;
  }

  @Override
  public int length() {
    return length;
  }

  @Override
  public char charAt(int index) {
    return chars[index];
  }

  @Override
  public CharSequence subSequence(int start, int end) {
    return CharBuffer.wrap(chars, start, end - start);
  }

  @Override
  public void close() {
    Arrays.fill(chars, '\0');
    length = 0;
  }

  @Override
  public String toString() {
    return "[secret]";
  }
}
