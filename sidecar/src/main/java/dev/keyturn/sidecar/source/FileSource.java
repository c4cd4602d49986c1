package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.io.CharArrayReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * A local file: {@code .properties}, {@code .json} and {@code .yaml} (one object), or anything else
 * as one field named {@code value}; the option {@code format} says which where the name doesn't. A
 * change is seen within {@link #LOOK} plus {@link #SETTLE}, also where a directory above is swapped
 * by a symbolic link, as Kubernetes does for ConfigMaps and Secrets.
 */
public final class FileSource implements SecretSource {
  /** A look is one stat, a few microseconds; so this is what bounds write-to-visible. */
  static final Duration LOOK = Duration.ofMillis(100);

  /**
   * A file is read when it was not written to for this long, so that a plain {@code echo > file} is
   * not read between its truncation and its content, and so that a later write has another time.
   */
  static final Duration SETTLE = Duration.ofMillis(30);

  /** Kubernetes' limit for a Secret, {@code MaxSecretSize} in its API types. */
  static final int MAX_BYTES = 1 << 20;

  private static final int MAX_ROUNDS = 50;

  private final Reference reference;
  private final Path path;
  private final InstantSource clock;
  private @Nullable Stamp seen;

  /**
   * Reads where the reference says.
   *
   * @param directory what a relative path starts from
   */
  public FileSource(Reference reference, Path directory) {
    this(reference, directory, InstantSource.system());
  }

  FileSource(Reference reference, Path directory, InstantSource clock) {
    this.reference = reference;
    this.path = directory.resolve(reference.path());
    this.clock = clock;
  }

  /** What changes when the file does. */
  private record Stamp(Instant modified, long size, @Nullable Object inode, boolean regular) {}

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    try {
      for (int round = 0; round < MAX_ROUNDS; round++) {
        Stamp before = settled();
        seen = before;
        byte[] content = read(before);
        if (before.equals(stamp())) {
          return version(before, content);
        }
        Arrays.fill(content, (byte) 0);
      }
      throw FetchException.temporary(
          reference + ": the file keeps changing; write a new file and rename it", null);
    } catch (IOException e) {
      if (e instanceof NoSuchFileException) {
        seen = null;
      }
      throw unreadable(reference, path, e);
    }
  }

  /** Why a file or directory could not be read. */
  static FetchException unreadable(Reference reference, Path path, IOException e) {
    return switch (e) {
      case NoSuchFileException _ ->
          FetchException.permanent(
              "%s: there is no file %s: create it or correct the path".formatted(reference, path));
      case AccessDeniedException _ ->
          FetchException.permanent(
              "%s: %s may not be read by this user: correct its mode or owner"
                  .formatted(reference, path));
      default ->
          FetchException.temporary(
              "%s: %s cannot be read: %s".formatted(reference, path, e.getMessage()), e);
    };
  }

  /** Nothing is read where nothing was written. */
  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    try {
      if (stamp().equals(seen)) {
        return Optional.empty();
      }
    } catch (IOException e) {
      // Told by the read.
    }
    return Optional.of(fetch());
  }

  @Override
  public boolean watches() {
    return true;
  }

  /** Returns as soon as the file is no longer what was read last. */
  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    Duration left = atMost;
    do {
      if (left.isPositive()) {
        Thread.sleep(left.compareTo(LOOK) < 0 ? left : LOOK);
      }
      Stamp now;
      try {
        now = stamp();
      } catch (IOException e) {
        now = null;
      }
      if (now != null && !now.equals(seen)) {
        return Optional.of(Wake.CHANGED);
      }
      left = left.minus(LOOK);
    } while (left.isPositive());
    return Optional.empty();
  }

  private Stamp stamp() throws IOException {
    BasicFileAttributes file = Files.readAttributes(path, BasicFileAttributes.class);
    return new Stamp(
        file.lastModifiedTime().toInstant(), file.size(), file.fileKey(), file.isRegularFile());
  }

  private Stamp settled() throws IOException, InterruptedException {
    Stamp stamp = stamp();
    for (int round = 0; round < MAX_ROUNDS; round++) {
      Duration age = Duration.between(stamp.modified(), clock.instant());
      if (age.isNegative() || age.compareTo(SETTLE) >= 0) {
        return stamp;
      }
      Thread.sleep(SETTLE.minus(age));
      stamp = stamp();
    }
    return stamp;
  }

  private byte[] read(Stamp stamp) throws IOException, FetchException {
    if (!stamp.regular()) {
      throw FetchException.permanent("%s: %s is not a regular file".formatted(reference, path));
    }
    if (stamp.size() > MAX_BYTES) {
      throw FetchException.permanent(
          "%s: %s has %d bytes; the limit is %d"
              .formatted(reference, path, stamp.size(), MAX_BYTES));
    }
    if (stamp.size() == 0) {
      throw FetchException.permanent(
          "%s: %s is empty: write the secret to it".formatted(reference, path));
    }
    byte[] content = new byte[(int) stamp.size()];
    try (InputStream in = Files.newInputStream(path)) {
      in.readNBytes(content, 0, content.length);
    }
    return content;
  }

  private Version version(Stamp stamp, byte[] content) throws FetchException {
    SortedMap<String, Field> fields =
        switch (reference.fileFormat()) {
          case PROPERTIES -> properties(content);
          case JSON -> json(content);
          case YAML -> YamlFields.read(reference, path, content);
          case RAW, ENV, PEM, PKCS12, JKS -> {
            SortedMap<String, Field> one = new TreeMap<>();
            one.put("value", Field.of(content));
            yield one;
          }
        };
    return new Version(Optional.of(stamp.modified().toString()), fields, Optional.empty());
  }

  private SortedMap<String, Field> properties(byte[] content) throws FetchException {
    Properties properties = new Properties();
    try (SecretText text = new SecretText().appendUtf8(content)) {
      properties.load(new CharArrayReader(text.array(), 0, text.length()));
    } catch (CharacterCodingException e) {
      throw FetchException.permanent(
          "%s: %s is not UTF-8: convert it, or add ?format=raw".formatted(reference, path));
    } catch (IOException | IllegalArgumentException e) {
      throw FetchException.permanent(
          "%s: %s is not a properties file: a malformed \\uXXXX escape".formatted(reference, path));
    } finally {
      Arrays.fill(content, (byte) 0);
    }
    SortedMap<String, Field> fields = new TreeMap<>();
    properties.forEach((key, value) -> fields.put((String) key, Field.text((String) value)));
    return fields;
  }

  private SortedMap<String, Field> json(byte[] content) throws FetchException {
    SortedMap<String, Field> fields = new TreeMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), content)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw notAnObject("it has no object at its start");
      }
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        if (fields.put(key, field(parser)) != null) {
          throw notAnObject("the key '" + key + "' is there twice");
        }
      }
      if (parser.nextToken() != null) {
        throw notAnObject("something follows the object");
      }
      return fields;
    } catch (JacksonException e) {
      // Its message quotes the input.
      throw notAnObject(
          "line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr());
    } finally {
      Arrays.fill(content, (byte) 0);
    }
  }

  private static Field field(JsonParser parser) {
    if (parser.nextToken() == JsonToken.VALUE_STRING) {
      return Field.text(parser.getString());
    }
    try (SecretText json = new SecretText()) {
      Json.copy(parser, json);
      return new Field(Field.Kind.JSON, new SecretValue(json.toUtf8()));
    }
  }

  private FetchException notAnObject(String why) {
    return FetchException.permanent(
        "%s: %s is not one JSON object: %s".formatted(reference, path, why));
  }
}
