package dev.keyturn.sidecar.source;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * A secret's bytes. Prints none of them, compares in constant time, and is wiped when closed.
 * Whoever creates one closes it.
 */
public final class SecretValue implements AutoCloseable {
  private final byte[] bytes;

  /**
   * Takes the bytes over.
   *
   * @param bytes owned by the new value, which wipes them
   */
  public SecretValue(byte[] bytes) {
    this.bytes = bytes;
  }

  /** For text that a library handed out as a String, whose own copy nobody can wipe. */
  static SecretValue of(String text) {
    return new SecretValue(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes themselves, not a copy: zeros after {@link #close}. */
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public void close() {
    Arrays.fill(bytes, (byte) 0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SecretValue that && MessageDigest.isEqual(bytes, that.bytes);
  }

  /** The same for all values: a hash would tell something of the secret. */
  @Override
  public int hashCode() {
    return 0;
  }

  @Override
  public String toString() {
    return "[secret]";
  }
}
