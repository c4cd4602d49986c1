package dev.keyturn.sidecar.sops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.source.FetchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files of the real sops, as they are and changed behind its back. */
class SopsVectorsTest {
  private static final DataKeyDecryptor KEYS = Vectors.keys();

  static List<Path> files() throws IOException {
    return Vectors.all();
  }

  @ParameterizedTest
  @MethodSource("files")
  void decryptsWhatSopsDecrypts(Path file) throws Exception {
    SopsFormat format = Vectors.format(file);
    Branch plain = Vectors.decrypt(format, Files.readAllBytes(file), KEYS);

    String expected = file.toString().replaceFirst("\\.enc\\.([a-z]+)$", ".$1.expected.");
    if (format == SopsFormat.BINARY) {
      assertThat(((Leaf) plain.get("data")).bytes())
          .isEqualTo(Files.readAllBytes(Path.of(expected + "bin")));
    } else {
      // sops has a section for keys before any, where there is none, too.
      assertThat(Vectors.shown(plain))
          .isEqualTo(
              Vectors.shown(JsonTree.read(Files.readString(Path.of(expected + "json"))))
                  .replace("DEFAULT: {}\n", ""));
    }
  }

  static List<Path> small() {
    return List.of(
        Vectors.directory().resolve("shamir.enc.yaml"),
        Vectors.directory().resolve("shamir.enc.json"),
        Vectors.directory().resolve("shamir.enc.env"),
        Vectors.directory().resolve("shamir.enc.ini"),
        Vectors.directory().resolve("text.enc.bin"));
  }

  /** All values are encrypted and none is empty: so nothing can change what comes out. */
  @ParameterizedTest
  @MethodSource("small")
  void anyByteThatIsChangedIsFoundOrMakesNoDifference(Path file) throws Exception {
    SopsFormat format = Vectors.format(file);
    byte[] content = Files.readAllBytes(file);
    String plain = Vectors.shown(Vectors.decrypt(format, content, KEYS));
    int found = 0;
    int step = 1;
    for (int i = 0; i < content.length; i += step) {
      // Inside of what age has encrypted, some: all of them are changed below.
      step = isInAgeFile(content, i) ? 43 : 2;
      byte[] changed = content.clone();
      changed[i] ^= 1;
      try {
        assertThat(Vectors.shown(Vectors.decrypt(format, changed, KEYS)))
            .as("byte %d of %s", i, file)
            .isEqualTo(plain);
      } catch (SopsException e) {
        found++;
        assertThat(e).hasMessageNotContaining("canary");
      }
    }
    assertThat(found).isGreaterThan(content.length / 10);
  }

  private static boolean isInAgeFile(byte[] content, int at) {
    String before = new String(content, 0, at, StandardCharsets.ISO_8859_1);
    return before.lastIndexOf("BEGIN AGE") > before.lastIndexOf("END AGE");
  }

  @Test
  void anyByteOfAnEncryptedDataKeyThatIsChangedIsFoundOrMakesNoDifference() throws Exception {
    Path file = Vectors.directory().resolve("plain.enc.json");
    MasterKey.Age age =
        (MasterKey.Age)
            SopsFormat.JSON
                .read(Files.readAllBytes(file))
                .metadata()
                .groups()
                .getFirst()
                .getFirst();
    AgeIdentities identities = new AgeIdentities(Vectors.identity("a"));
    byte[] dataKey = identities.decrypt(age);
    int found = 0;
    for (int i = 0; i < age.encrypted().length(); i++) {
      var changed = new StringBuilder(age.encrypted());
      changed.setCharAt(i, (char) (changed.charAt(i) ^ 1));
      try {
        assertThat(identities.decrypt(new MasterKey.Age(age.recipient(), changed.toString())))
            .isEqualTo(dataKey);
      } catch (FetchException e) {
        found++;
        assertThat(e.permanent()).isTrue();
      }
    }
    assertThat(found).isGreaterThan(age.encrypted().length() - 10);
  }

  @ParameterizedTest
  @MethodSource("files")
  void aValueThatIsTakenAwayOrPutInAnothersPlaceIsFound(Path file) throws Exception {
    SopsFormat format = Vectors.format(file);
    List<String> lines = Files.readString(file).lines().toList();
    List<Integer> values = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      // Comments are outside of what the MAC covers.
      if (lines.get(i).contains("ENC[") && !lines.get(i).contains("type:comment")) {
        values.add(i);
      }
    }
    for (int i = 0; i < values.size(); i++) {
      int line = values.get(i);
      List<String> without = new ArrayList<>(lines);
      without.remove(line);
      assertRefused(format, without, "without line " + line);
      for (int other : values.subList(i + 1, values.size())) {
        List<String> swapped = new ArrayList<>(lines);
        swapped.set(line, with(lines.get(line), lines.get(other)));
        swapped.set(other, with(lines.get(other), lines.get(line)));
        assertRefused(format, swapped, "with lines %d and %d swapped".formatted(line, other));
      }
    }
  }

  private static String with(String line, String other) {
    String value = other.substring(other.indexOf("ENC["), other.indexOf(']') + 1);
    return line.substring(0, line.indexOf("ENC[")) + value + line.substring(line.indexOf(']') + 1);
  }

  private static void assertRefused(SopsFormat format, List<String> lines, String what) {
    byte[] content = String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Vectors.decrypt(format, content, KEYS))
        .as(what)
        .isInstanceOfAny(SopsException.class, FetchException.class);
  }

  @Test
  void aPlainValueBesideEncryptedOnesIsCoveredToo() throws Exception {
    for (String name : List.of("unencrypted-regex.enc.yaml", "regex.enc.json", "regex.enc.env")) {
      Path file = Vectors.directory().resolve(name);
      String content = Files.readString(file);
      assertThat(content).contains("canary-user");
      assertRefused(
          Vectors.format(file), List.of(content.replace("canary-user", "canary-other")), name);
    }
  }

  @Test
  void aPlainValueIsNotCoveredWhereTheMacIsOverEncryptedOnesAlone() throws Exception {
    Path file = Vectors.directory().resolve("mac-only-encrypted.enc.json");
    String content = Files.readString(file);
    assertThat(content).contains("5432");

    Branch plain =
        Vectors.decrypt(
            SopsFormat.JSON,
            content.replace("5432", "5433").getBytes(StandardCharsets.UTF_8),
            KEYS);

    assertThat(((Leaf) plain.get("port")).text()).isEqualTo("5433");
    assertRefused(
        SopsFormat.JSON,
        List.of(content.replace("\"mac_only_encrypted\": true", "\"mac_only_encrypted\": false")),
        "with the MAC over all");
  }
}
