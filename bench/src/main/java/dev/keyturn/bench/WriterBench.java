package dev.keyturn.bench;

import dev.keyturn.tmpfs.FileFacts;
import dev.keyturn.tmpfs.Generation;
import dev.keyturn.tmpfs.Mount;
import dev.keyturn.tmpfs.SecretFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Keyturn's side of {@code bench/writer}. Publishes in the directory of the first argument as many
 * files as the second says: first thing, then at each line read; {@code new} has every byte of
 * every file changed, {@code same} none. Prints how long it took, in nanoseconds, each time.
 */
final class WriterBench {
  private static final int BYTES = 100;

  private WriterBench() {}

  public static void main(String[] args) throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    int count = Integer.parseInt(args[1]);
    byte fill = 0;
    Generation generation = generation(count, fill);
    long start = System.nanoTime();
    try (Mount mount = Mount.open(Path.of(args[0]), Mount.DiskPolicy.REFUSE)) {
      mount.publish(generation);
      System.out.println(System.nanoTime() - start);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals("new")) {
          generation = generation(count, ++fill);
        }
        start = System.nanoTime();
        Mount.Publication publication = mount.publish(generation);
        long nanos = System.nanoTime() - start;
        if (publication.changed() != line.equals("new")) {
          throw new IllegalStateException("'" + line + "' was published as " + publication);
        }
        System.out.println(nanos);
      }
      mount.clear();
    }
  }

  private static Generation generation(int count, byte fill) {
    List<SecretFile> files = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      byte[] content = new byte[BYTES];
      Arrays.fill(content, fill);
      files.add(
          new SecretFile(
              "f" + i,
              content,
              PosixFilePermissions.fromString("r--------"),
              OptionalInt.empty(),
              OptionalInt.empty(),
              new FileFacts(
                  "vault:secret/data/shop" + i,
                  "1",
                  Instant.EPOCH,
                  "raw",
                  Map.of("SHOP_" + i, ""),
                  Map.of(),
                  Map.of(),
                  false,
                  List.of())));
    }
    return new Generation(files);
  }
}
