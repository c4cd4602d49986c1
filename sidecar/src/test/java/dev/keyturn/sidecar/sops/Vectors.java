package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Item;
import dev.keyturn.sidecar.sops.Tree.Kind;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.sops.Tree.Listing;
import dev.keyturn.sidecar.source.FetchException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** What the real sops has written, and keys for it: see {@code src/test/sops/vectors}. */
final class Vectors {
  private Vectors() {}

  static Path directory() {
    try {
      return Path.of(Vectors.class.getResource("/sops").toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static List<Path> all() throws IOException {
    try (Stream<Path> files = Files.list(directory())) {
      return files.filter(file -> file.toString().contains(".enc.")).sorted().toList();
    }
  }

  static SopsFormat format(Path file) {
    String name = file.toString();
    return switch (name.substring(name.lastIndexOf('.') + 1)) {
      case "yaml" -> SopsFormat.YAML;
      case "json" -> SopsFormat.JSON;
      case "env" -> SopsFormat.DOTENV;
      case "ini" -> SopsFormat.INI;
      default -> SopsFormat.BINARY;
    };
  }

  static Path identity(String key) {
    return directory().resolve("TEST-KEY-" + key + ".txt");
  }

  /** With the identities a and b, each answer made once. */
  static DataKeyDecryptor keys() {
    Map<String, byte[]> known = new ConcurrentHashMap<>();
    Map<String, FetchException> refused = new ConcurrentHashMap<>();
    return key -> {
      MasterKey.Age age = (MasterKey.Age) key;
      byte[] answer = known.get(age.encrypted());
      if (refused.containsKey(age.encrypted())) {
        throw refused.get(age.encrypted());
      }
      if (answer == null) {
        try {
          answer = new AgeIdentities(identity("a-and-b")).decrypt(age);
        } catch (FetchException e) {
          refused.put(age.encrypted(), e);
          throw e;
        }
        known.put(age.encrypted(), answer);
      }
      return answer.clone();
    };
  }

  static Branch decrypt(SopsFormat format, byte[] content, DataKeyDecryptor keys)
      throws SopsException, FetchException, InterruptedException {
    SopsFormat.Encrypted file = format.read(content);
    return Decryption.decrypt(file, DataKey.of(file.metadata(), keys));
  }

  /** A tree for people; a number is one, however it is written. */
  static String shown(Tree tree) {
    var text = new StringBuilder();
    show(tree, text);
    return text.toString();
  }

  private static void show(Tree tree, StringBuilder text) {
    switch (tree) {
      case Branch(List<Entry> entries) -> {
        text.append('{');
        for (Entry entry : entries) {
          text.append(entry.key()).append(": ");
          show(entry.value(), text);
          text.append('\n');
        }
        text.append('}');
      }
      case Listing(List<Item> items) -> {
        text.append('[');
        items.forEach(item -> show(item.value(), text));
        text.append(']');
      }
      case Leaf leaf ->
          text.append(leaf.kind() == Kind.FLOAT ? Kind.INT : leaf.kind())
              .append(' ')
              .append(leaf.text())
              .append(' ');
    }
  }
}
