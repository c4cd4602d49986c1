package dev.keyturn.tmpfs;

import java.nio.charset.StandardCharsets;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** Files to publish. */
final class SecretFiles {
  static final FileFacts FACTS =
      new FileFacts(
          "vault:secret/data/shop",
          "7",
          Instant.parse("2026-11-24T06:04:53Z"),
          "properties",
          Map.of("DB_USER", "username", "DB_PASSWORD", "password"),
          Map.of("DB_URL", "url"),
          Map.of("db.password", "password"),
          false,
          List.of());

  private SecretFiles() {}

  static Generation generation(SecretFile... files) {
    return new Generation(List.of(files));
  }

  /** Files {@code f0}, {@code f1} and so on, all with the same content. */
  static Generation generation(int count, String content) {
    return new Generation(
        Stream.iterate(0, i -> i + 1).limit(count).map(i -> file("f" + i, content)).toList());
  }

  static SecretFile file(String name, String content) {
    return file(name, content, "r--------", FACTS);
  }

  static SecretFile file(String name, String content, String permissions) {
    return file(name, content, permissions, FACTS);
  }

  static SecretFile file(String name, String content, String permissions, FileFacts facts) {
    return new SecretFile(
        name,
        content.getBytes(StandardCharsets.UTF_8),
        PosixFilePermissions.fromString(permissions),
        OptionalInt.empty(),
        OptionalInt.empty(),
        facts);
  }

  static SecretFile owned(SecretFile file, int uid, int gid) {
    return new SecretFile(
        file.name(),
        file.content(),
        file.permissions(),
        OptionalInt.of(uid),
        OptionalInt.of(gid),
        file.facts());
  }
}
