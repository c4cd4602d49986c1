package dev.keyturn.sidecar.state;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads what a {@link StateWriter} wrote; every method throws a {@link StateException} where there
 * is something else.
 */
public final class StateReader implements AutoCloseable {
  private final byte[] bytes;
  private int position;

  /**
   * @param bytes owned by this, wiped when closed
   */
  StateReader(byte[] bytes) {
    this.bytes = bytes;
  }

  /** A truth value. */
  public boolean flag() {
    return number() != 0;
  }

  /** A number. */
  public long number() {
    require(Long.BYTES);
    long value = 0;
    for (int i = 0; i < Long.BYTES; i++) {
      value = value << Byte.SIZE | (bytes[position++] & 0xff);
    }
    return value;
  }

  /** A number of things, or of bytes, which has to fit into what is left. */
  private int count() {
    long count = number();
    if (count < 0 || count > bytes.length - position) {
      throw new StateException("it is malformed");
    }
    return (int) count;
  }

  /** Bytes, which the caller wipes. */
  public byte[] bytes() {
    int count = count();
    position += count;
    return Arrays.copyOfRange(bytes, position - count, position);
  }

  /** A text. */
  public String text() {
    int count = count();
    position += count;
    return new String(bytes, position - count, count, StandardCharsets.UTF_8);
  }

  /** A constant. */
  public <E extends Enum<E>> E constant(Class<E> type) {
    String name = text();
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(name)) {
        return constant;
      }
    }
    throw new StateException("it is malformed");
  }

  /** A time of the steady clock. */
  public Instant instant() {
    return Instant.ofEpochSecond(number(), number());
  }

  /** A duration. */
  public Duration duration() {
    return Duration.ofSeconds(number(), number());
  }

  /** Something that may not be there. */
  public <T> Optional<T> optional(Function<StateReader, T> part) {
    return flag() ? Optional.of(part.apply(this)) : Optional.empty();
  }

  /** Things in their order. */
  public <T> List<T> list(Function<StateReader, T> part) {
    int count = count();
    List<T> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(part.apply(this));
    }
    return values;
  }

  /** Texts in their order. */
  public List<String> texts() {
    return list(StateReader::text);
  }

  /** Things by their names, in their order. */
  public <T> Map<String, T> map(Function<StateReader, T> part) {
    int count = count();
    Map<String, T> values = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      values.put(text(), part.apply(this));
    }
    return values;
  }

  private void require(int more) {
    if (more > bytes.length - position) {
      throw new StateException("it is malformed");
    }
  }

  @Override
  public void close() {
    Arrays.fill(bytes, (byte) 0);
  }
}
