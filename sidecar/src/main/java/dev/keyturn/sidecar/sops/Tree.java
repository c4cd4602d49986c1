package dev.keyturn.sidecar.sops;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a file holds, in its order, which the MAC depends on. */
sealed interface Tree extends AutoCloseable {

  /** Wipes what is plain. */
  @Override
  void close();

  /** Keys with their values; no key is there twice. */
  record Branch(List<Entry> entries) implements Tree {

    /** What is under a key, or null. */
    @Nullable Tree get(String key) {
      for (Entry entry : entries) {
        if (entry.key().equals(key)) {
          return entry.value();
        }
      }
      return null;
    }

    @Override
    public void close() {
      entries.forEach(entry -> entry.value().close());
    }
  }

  /**
   * A value under its key.
   *
   * @param comments the lines before it and beside it, each without its sign, down from the entry
   *     before; empty for a list's
   */
  record Entry(String key, Tree value, List<String> comments) {}

  /** Values in a row. */
  record Listing(List<Item> items) implements Tree {
    @Override
    public void close() {
      items.forEach(item -> item.value().close());
    }
  }

  /** A value in a row, with its comments. */
  record Item(Tree value, List<String> comments) {}

  /** What a single value is. */
  enum Kind {
    TEXT,
    INT,
    FLOAT,
    BOOL,
    NULL,
    /** Not a value at all: what an encrypted comment in a list becomes. */
    COMMENT
  }

  /**
   * A single value: its bytes are what sops counts into the MAC, text in UTF-8, {@code 12}, {@code
   * 0.5}, {@code True}; none for null.
   */
  final class Leaf implements Tree {
    private final Kind kind;
    private final byte[] bytes;

    Leaf(Kind kind, byte[] bytes) {
      this.kind = kind;
      this.bytes = bytes;
    }

    static Leaf of(Kind kind, String text) {
      return new Leaf(kind, text.getBytes(StandardCharsets.UTF_8));
    }

    Kind kind() {
      return kind;
    }

    /** The bytes themselves, not a copy. */
    byte[] bytes() {
      return bytes;
    }

    /** The text of a value that is no secret. */
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
      Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public String toString() {
      return "[secret]";
    }
  }
}
