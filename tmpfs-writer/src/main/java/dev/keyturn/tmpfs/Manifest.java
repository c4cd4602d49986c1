package dev.keyturn.tmpfs;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The text of {@code ..manifest}, as {@code docs/mount.md} has it. */
final class Manifest {
  private final StringBuilder text = new StringBuilder();

  private Manifest() {}

  /** The manifest's bytes; the same for the same arguments in any JVM, line by line. */
  static byte[] of(GenerationName generation, List<SecretFile> files) {
    Manifest manifest = new Manifest();
    manifest.line("format", "1");
    manifest.line("generation", generation.id());
    manifest.line("files", Integer.toString(files.size()));
    for (int i = 0; i < files.size(); i++) {
      manifest.file("file." + i + ".", files.get(i));
    }
    return manifest.text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Whether two manifests differ in nothing but the generation, versions and times of fetching. */
  static boolean same(byte[] one, byte[] other) {
    return lasting(one).equals(lasting(other));
  }

  private static List<String> lasting(byte[] manifest) {
    List<String> lines = new ArrayList<>();
    for (String line : new String(manifest, StandardCharsets.ISO_8859_1).split("\n", -1)) {
      if (!isPassing(line)) {
        lines.add(line);
      }
    }
    return lines;
  }

  private static boolean isPassing(String line) {
    if (line.startsWith("file.")) {
      int key = line.indexOf('.', "file.".length()) + 1;
      return line.startsWith("version=", key) || line.startsWith("fetched-at=", key);
    }
    return line.startsWith("generation=");
  }

  private void file(String prefix, SecretFile file) {
    FileFacts facts = file.facts();
    line(prefix + "name", file.name());
    line(prefix + "reference", facts.reference());
    line(prefix + "version", facts.version());
    line(prefix + "fetched-at", facts.fetchedAt().toString());
    line(prefix + "format", facts.format());
    lines(prefix + "env.", facts.env());
    lines(prefix + "default-env.", facts.defaultEnv());
    lines(prefix + "property.", facts.properties());
    if (facts.standIn()) {
      line(prefix + "expose", "stand-in");
    }
    if (!facts.hosts().isEmpty()) {
      line(prefix + "hosts", String.join(",", facts.hosts()));
    }
  }

  private void lines(String prefix, Map<String, String> names) {
    // Sorted, since the order of Map.of changes from one JVM to the next.
    for (Map.Entry<String, String> entry : new TreeMap<>(names).entrySet()) {
      line(prefix + entry.getKey(), entry.getValue());
    }
  }

  private void line(String key, String value) {
    escape(key);
    text.append('=');
    escape(value);
    text.append('\n');
  }

  /** Escapes more than {@link java.util.Properties#load} needs, and the same in keys and values. */
  private void escape(String string) {
    int written = 0;
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      boolean printable = c >= 0x20 && c <= 0x7e;
      if (!printable || c == ' ' || c == '\\' || c == '=' || c == ':' || c == '#' || c == '!') {
        text.append(string, written, i).append('\\');
        written = i;
        if (!printable) {
          text.append('u').append(HexFormat.of().toHexDigits(c));
          written = i + 1;
        }
      }
    }
    text.append(string, written, string.length());
  }
}
