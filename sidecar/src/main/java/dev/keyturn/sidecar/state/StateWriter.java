package dev.keyturn.sidecar.state;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Writes a state: plain values one after the other, which a {@link StateReader} reads in the same
 * order. It holds secrets, and wipes its every copy of them.
 */
public final class StateWriter implements AutoCloseable {
  private byte[] bytes = new byte[4096];
  private int length;

  /** How a thing of one kind is written. */
  @FunctionalInterface
  public interface Part<T> extends BiConsumer<StateWriter, T> {}

  /** Appends a truth value. */
  public StateWriter flag(boolean value) {
    return number(value ? 1 : 0);
  }

  /** Appends a number. */
  public StateWriter number(long value) {
    ensure(Long.BYTES);
    for (int shift = Long.SIZE - Byte.SIZE; shift >= 0; shift -= Byte.SIZE) {
      bytes[length++] = (byte) (value >> shift);
    }
    return this;
  }

  /** Appends bytes with their number. */
  public StateWriter bytes(byte[] value) {
    number(value.length);
    ensure(value.length);
    System.arraycopy(value, 0, bytes, length, value.length);
    length += value.length;
    return this;
  }

  /** Appends a text. */
  public StateWriter text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    bytes(utf8);
    Arrays.fill(utf8, (byte) 0);
    return this;
  }

  /** Appends a constant by its name. */
  public StateWriter constant(Enum<?> value) {
    return text(value.name());
  }

  /** Appends a time of the steady clock. */
  public StateWriter instant(Instant value) {
    return number(value.getEpochSecond()).number(value.getNano());
  }

  /** Appends a duration. */
  public StateWriter duration(Duration value) {
    return number(value.getSeconds()).number(value.getNano());
  }

  /** Appends something that may not be there. */
  public <T> StateWriter optional(Optional<T> value, Part<T> part) {
    flag(value.isPresent());
    value.ifPresent(it -> part.accept(this, it));
    return this;
  }

  /** Appends things with their number. */
  public <T> StateWriter list(Collection<T> values, Part<T> part) {
    number(values.size());
    values.forEach(value -> part.accept(this, value));
    return this;
  }

  /** Appends texts with their number. */
  public StateWriter texts(Collection<String> values) {
    return list(values, StateWriter::text);
  }

  /** Appends things, each with its name. */
  public <T> StateWriter map(Map<String, T> values, Part<T> part) {
    number(values.size());
    values.forEach((name, value) -> part.accept(text(name), value));
    return this;
  }

  /** The bytes themselves, not a copy; more than {@link #length}. */
  byte[] array() {
    return bytes;
  }

  int length() {
    return length;
  }

  private void ensure(int more) {
    if (length + more > bytes.length) {
      byte[] old = bytes;
      bytes = Arrays.copyOf(old, Math.max(length + more, 2 * old.length));
      Arrays.fill(old, (byte) 0);
    }
  }

  @Override
  public void close() {
    Arrays.fill(bytes, (byte) 0);
    length = 0;
  }
}
